import type { RawRow } from './row';

/**
 * The elements of a JSON array of objects, each parsed by itself, so that one that is broken costs only itself: reading goes
 * on at the next line that begins as the first element's line did.
 */
export function* readJsonArray(text: string): Generator<RawRow> {
  const line = lineCounter(text);
  const first = /\S/g;
  first.lastIndex = text.indexOf('[') + 1;
  const start = first.exec(text)?.index ?? text.length;
  const indent = text.slice(text.lastIndexOf('\n', start) + 1, start);
  const resync = new RegExp(`\\n${/^\s*$/.test(indent) ? indent : '\\s*'}(?=\\{)`, 'g');

  let position = start;
  while (position < text.length && text[position] !== ']') {
    const end = elementEnd(text, position);
    const element = text.slice(position, end).trim();
    let next = end;
    try {
      yield { line: line(position), value: JSON.parse(element) };
    } catch (error) {
      resync.lastIndex = position + 1;
      const found = resync.exec(text);
      next = found ? found.index + found[0].length : text.length;
      yield { line: line(position), broken: (error as Error).message, text: text.slice(position, next) };
    }
    const separator = /[^\s,]/g;
    separator.lastIndex = next;
    position = separator.exec(text)?.index ?? text.length;
  }
}

/** Where the element that begins at `position` ends: at the comma or bracket that belongs to the outer array. */
function elementEnd(text: string, position: number): number {
  const token = /["[\]{},]/g;
  token.lastIndex = position;
  let depth = 0;
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const character = match[0];
    if (character === '"') token.lastIndex = stringEnd(text, match.index + 1);
    else if (character === '{' || character === '[') depth++;
    else if (depth === 0) return match.index;
    else if (character !== ',') depth--;
  }
  return text.length;
}

function stringEnd(text: string, start: number): number {
  let position = start;
  for (;;) {
    const quote = text.indexOf('"', position);
    if (quote === -1) return text.length;
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
    position = quote + 1;
  }
}

/** Line numbers of growing positions, counting each newline once. */
function lineCounter(text: string): (position: number) => number {
  let line = 1;
  let counted = 0;
  return (position) => {
    for (let at = text.indexOf('\n', counted); at !== -1 && at < position; at = text.indexOf('\n', counted)) {
      line++;
      counted = at + 1;
    }
    return line;
  };
}
