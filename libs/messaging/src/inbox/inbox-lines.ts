import type { Json } from './inbox';

/** One event as a line of the inbox's file. */
export function toLine(key: string, result: Json): string {
  return `${JSON.stringify([key, result])}\n`;
}

/**
 * Reads the lines of an inbox's file. A last line without its end is what a process that was killed left of a write
 * that nobody was told had succeeded: it does not count.
 * @returns the entries, and how many bytes of the file they take
 * @throws Error naming the file and line when any other line cannot be read
 */
export function readLines(path: string, content: Buffer): { entries: Array<[string, Json]>; bytes: number } {
  const bytes = content.lastIndexOf(0x0a) + 1;
  const lines = content.subarray(0, bytes).toString('utf8').split('\n').slice(0, -1);
  const entries = lines.map((line, at): [string, Json] => {
    const entry = parse(line);
    if (Array.isArray(entry) && entry.length === 2 && typeof entry[0] === 'string')
      return [entry[0], entry[1]];
    const found = JSON.stringify(line.slice(0, 60));
    throw new Error(
      `${path}, line ${at + 1}: expected [key, result] as JSON; found ${found}. ` +
        'The file is damaged: restore it, or remove that line if its event may be handled again.',
    );
  });
  return { entries, bytes };
}

function parse(line: string): Json {
  try {
    return JSON.parse(line) as Json;
  } catch {
    return null;
  }
}
