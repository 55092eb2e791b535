/**
 * Breaks the long lines of a help text between words. An example (`  $ command`) is broken so that a shell reads what was copied as one
 * command; not within quotes.
 * @param columns of the terminal
 */
export function wrapHelp(text: string, columns: number): string {
  return text
    .split('\n')
    .flatMap((line) => wrapLine(line, columns))
    .join('\n');
}

function wrapLine(line: string, columns: number): string[] {
  const example = /^ *\$ /.test(line);
  const indent = ' '.repeat(line.search(/\S|$/) + (example ? 4 : 2));
  const end = example ? ' \\' : '';
  const lines: string[] = [];
  let rest = line;
  while (rest.length > columns) {
    const at = breakOf(rest, indent.length, columns - end.length, example);
    if (at === null) break;
    lines.push(rest.slice(0, at) + end);
    rest = indent + rest.slice(at + 1);
  }
  return [...lines, rest];
}

/** The place of the last blank up to `most`, else of the first one; null where there is none after `least`. */
function breakOf(line: string, least: number, most: number, example: boolean): number | null {
  let quote: string | null = null;
  let last: number | null = null;
  for (let at = 0; at < line.length; at++) {
    if (at > most && last !== null) break;
    const character = line[at];
    if (example && (character === '"' || character === "'")) {
      if (quote === null) quote = character;
      else if (quote === character) quote = null;
    } else if (character === ' ' && quote === null && at > least) last = at;
  }
  return last;
}
