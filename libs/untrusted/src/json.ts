import { DEEPEST, tooDeep } from './complexity';

/** An empty array takes 3 bytes of text and 16 times as much memory. */
const MOST_VALUES = 1_000_000;

/**
 * Parses JSON. Depth and number of values are counted in the text before: a parser takes a second and a hundred megabytes for
 * four million brackets. Takes time in proportion to the length.
 * @param where the file, or what else messages begin with
 * @throws Error
 */
export function parseJson(text: string, where: string): unknown {
  checkExtent(text, where);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${where}: is not JSON: ${(error as Error).message}`);
  }
}

function checkExtent(text: string, where: string): void {
  let depth = 0;
  let values = 1;
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '"':
        at = endOfString(text, at);
        break;
      case '[':
      case '{':
        depth++;
        values++;
        break;
      case ']':
      case '}':
        depth--;
        break;
      case ',':
        values++;
        break;
    }
    if (depth > DEEPEST) throw new Error(tooDeep(where));
    if (values > MOST_VALUES) throw new Error(`${where}: has more than ${MOST_VALUES} values; shorten it`);
  }
}

/** The place of the quote that ends the string, or the end of a text that lacks it. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end >= 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end < 0 ? text.length : end;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text[at - 1 - backslashes] === '\\') backslashes++;
  return backslashes % 2 === 1;
}
