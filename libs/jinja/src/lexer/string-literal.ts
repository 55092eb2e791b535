import { TemplateError } from '../errors';

const SIMPLE: Readonly<Record<string, string>> = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};
const ESCAPE = /\\(?:([0-7]{1,3})|x([0-9a-fA-F]{0,2})|u([0-9a-fA-F]{0,4})|U([0-9a-fA-F]{0,8})|([\s\S]))/gu;

/** The value of a string literal, from the text between its quotes. The escapes are Python's. */
export function unescapeString(text: string, line: number): string {
  if (!text.includes('\\')) return text;
  return text.replace(
    ESCAPE,
    (all, octal?: string, x?: string, u?: string, wide?: string, other?: string) => {
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
      if (x !== undefined) return codePoint(x, 2, all, line);
      if (u !== undefined) return codePoint(u, 4, all, line);
      if (wide !== undefined) return codePoint(wide, 8, all, line);
      return other !== undefined && Object.hasOwn(SIMPLE, other) ? SIMPLE[other] : all;
    },
  );
}

function codePoint(digits: string, length: number, written: string, line: number): string {
  const code = Number.parseInt(digits, 16);
  if (digits.length === length && code <= 0x10ffff) return String.fromCodePoint(code);
  throw new TemplateError('syntax', `the string has an invalid escape ${JSON.stringify(written)}`, line);
}
