import fc from 'fast-check';
import { printable, printableJson, printableLines } from './printable';

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const STEERS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

describe('printableLines', () => {
  it.each<[string, string]>([
    ['\u001b]0;title\u0007', '\\x1b]0;title\\x07'],
    ['\u001b[2J\u009b2J', '\\x1b[2J\\x9b2J'],
    ['\u001b]52;c;ZXZpbA==\u001b\\', '\\x1b]52;c;ZXZpbA==\\x1b\\'],
    ['user\u202egnp.exe\u202c \u2066x\u2069', 'user\\u202egnp.exe\\u202c \\u2066x\\u2069'],
    [
      'over\rwritten, back\bspace, del\u007f, nul\u0000',
      'over\\x0dwritten, back\\x08space, del\\x7f, nul\\x00',
    ],
    ['a\tb\nc\r\nd', 'a\tb\nc\nd'],
    ['你好, é, 👩‍💻, עברית, العربية', '你好, é, 👩‍💻, עברית, العربية'],
    ['a backslash \\x1b stays', 'a backslash \\x1b stays'],
  ])('%j becomes %j', (text, expected) => {
    expect(printableLines(text)).toBe(expected);
  });

  it('leaves nothing that steers a terminal', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printableLines(text)).not.toMatch(STEERS);
        expect(printable(text)).not.toMatch(STEERS);
      }),
    );
  });

  it('gives the same result for a text and for its pieces', () => {
    const text = 'one \u001b[2J two \u202e three \u009b';
    expect([...text].map(printableLines).join('')).toBe(printableLines(text));
  });
});

describe('printable', () => {
  it('is one line, cut to its length', () => {
    expect(printable('a\n\n b\t\u001b[2J')).toBe('a b \\x1b[2J');
    expect(printable('abcdef', 4)).toBe('abc…');
    expect(printable('abcd', 4)).toBe('abcd');
    expect(printable('\u001b'.repeat(10), 8)).toBe('\\x1b\\x1…');
    expect(printable('x'.repeat(10_000_000), 5)).toBe('xxxx…');
  });
});

describe('printableJson', () => {
  it('parses to the same value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const indent of [undefined, 2]) {
          const json = printableJson({ [text]: [text] }, indent);
          expect(json).not.toMatch(STEERS);
          expect(JSON.parse(json)).toEqual({ [text]: [text] });
        }
      }),
    );
  });
});
