/** Python's white space (`str.isspace`), as the inside of a character class. JavaScript's `\s` differs in six characters. */
export const SPACE = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

// Linear time: each is anchored, or tests one character.
const LEADING = new RegExp(`^[${SPACE}]+`);
const ALL = new RegExp(`^[${SPACE}]+$`);
const ONE = new RegExp(`[${SPACE}]`);

export const isSpace = (text: string): boolean => ALL.test(text);

export const trimStart = (text: string): string => text.replace(LEADING, '');

export function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && ONE.test(text[end - 1])) end--;
  return text.slice(0, end);
}
