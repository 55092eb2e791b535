import { expectLinearTime } from '@open-chatgpt/testing';
import { DEFAULT_LIMITS } from './limits';
import { readRows } from './read-rows';
import type { RawRow } from './row';

const CHUNK_BYTES = 64 * 1024;

/** The rows before the error, if there is one; any error names the file. */
async function read(name: string, text: string, chunkBytes = CHUNK_BYTES): Promise<RawRow[]> {
  const content = Buffer.from(text);
  const source = {
    name,
    open: async function* () {
      for (let at = 0; at < content.length; at += chunkBytes) yield content.subarray(at, at + chunkBytes);
    },
  };
  const rows: RawRow[] = [];
  try {
    for await (const row of readRows(source)) rows.push(row);
  } catch (error) {
    expect((error as Error).message).toContain(name);
  }
  return rows;
}

const fill = (text: string) => (size: number) => text.repeat(Math.ceil(size / text.length));
const inside =
  (start: string, text: string, end = '') =>
  (size: number) =>
    start + fill(text)(size) + end;

/** Each text makes a reader that starts over from many places. */
const files: [string, string, (size: number) => string][] = [
  ['elements that do not end', 'x.json', inside('[', '{"a":1, ')],
  ['lists of elements that do not end', 'x.json', inside('[', '{"a":[,')],
  ['elements that do not end, a line each', 'x.json', inside('[\n', '{"a":1,\n')],
  [
    'elements in each other, one of them broken',
    'x.json',
    (n) => `[${fill('{"a":[1, ')(n)}x${fill(']}')(n / 5)}]`,
  ],
  ['elements before a string with a line end', 'x.json', inside('[', '{"a":1, ', '"\n')],
  ['elements in an open string', 'x.json', inside('[{"a":1},"', ',{\\"a\\":1} ')],
  ['quotation marks', 'x.json', inside('[{"a":1},', '"')],
  ['backslashes', 'x.json', inside('[{"a":1},{"a":"', '\\')],
  ['lists without end', 'x.json', inside('[{"a":1},', '[')],
  ['closing brackets', 'x.json', inside('[{"a":1},', ']')],
  ['commas and blanks', 'x.json', inside('[{"a":1},x', ',    ')],
  ['first keys without values', 'x.json', inside('[{"a":1},{', ',{"a"   ')],
  ['an object of many lists', 'x.json', inside('{\n"b":1,\n', '"a":[{"b":1}],\n', '}')],
  ['an object that does not end', 'x.json', inside('{\n', '"a":[')],
  ['many members', 'x.json', (n) => `{\n${Array.from({ length: n / 8 }, (_, i) => `"${i}":1,\n`).join('')}}`],
  ['lines with one mark', 'x.jsonl', inside('{"a":1}\n', `"${'x'.repeat(50)}\n`)],
  ['lists without end in a line', 'x.jsonl', inside('{"a":1}\n', '[')],
  ['lists in a line', 'x.jsonl', (n) => `{"a":1}\n${fill('[')(n / 2)}${fill(']')(n / 2)}\n`],
  ['a mark that is not closed', 'x.csv', inside('a,b\n"', 'x,y\n')],
  ['marks that are not closed', 'x.csv', inside('a,b\n', '"x,y\n')],
  ['three marks in each line', 'x.csv', inside('a,b\n', '1,"""\n')],
  ['marks', 'x.csv', inside('a,b\n', '"')],
  ['delimiters', 'x.csv', inside('a,b\n', ',')],
  ['blanks after delimiters', 'x.csv', inside('a, b\n', ',    ')],
  ['blanks', 'x.csv', inside('a, b\n', ' ')],
  ['a cell that is not closed', 'x.tsv', inside('a\tb\n"', `${'x'.repeat(50)}\n`)],
  ['cells that are not closed', 'x.tsv', inside('a\tb\n', `1\t"${'x'.repeat(50)}\n`)],
  ['marks and tabs', 'x.tsv', inside('a\tb\n', '\t"')],
  ['tabs', 'x.tsv', inside('a\tb\n', '\t')],
];

it.each(files)('%s in %s take linear time', async (_, name, text) => {
  await expectLinearTime((size) => read(name, text(size)), { size: 60_000 });
});

it.each(files)('%s in %s take linear time in small chunks', async (_, name, text) => {
  await expectLinearTime((size) => read(name, text(size), 7), { size: 10_000 });
});

it('reads a row that comes in many chunks', async () => {
  const row = { a: 'x'.repeat(100_000) };
  expect(await read('x.json', JSON.stringify([row]), 1)).toEqual([{ line: 1, value: row }]);
});

it('reads the rows between elements that do not end', async () => {
  const text = `[${'{"a":1, '.repeat(1000)}{"a":2}, {"a":3}, ${'{"a":1, '.repeat(1000)}{"a":4}]`;
  const rows = await read('x.json', text);
  expect(rows.flatMap((row) => ('value' in row ? [row.value] : []))).toEqual([{ a: 2 }, { a: 3 }, { a: 4 }]);
});

describe('deep values', () => {
  const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

  it.each([
    ['x.jsonl', (rows: string[]) => rows.join('\n')],
    ['x.json', (rows: string[]) => `[${rows.join(',\n')}]`],
  ])('%s: only the row with them is left out', async (name, written) => {
    const rows = await read(name, written(['{"a":1}', `{"a":${nested(300)}}`, `{"a":${nested(200)}}`]));
    expect(rows.map((row) => ('reason' in row ? row.reason : 'read'))).toEqual([
      'read',
      'brokenJson',
      'read',
    ]);
  });
});

it('an object whose members each row repeats unpacks within the limits', async () => {
  const text = `{\n"b":"${'x'.repeat(100_000)}","a":[${'{},'.repeat(50_000)}{}]}`;
  const content = Buffer.from(text);
  const source = {
    name: 'x.json',
    open: async function* () {
      yield content;
    },
  };
  await expect(async () => {
    for await (const _ of readRows(source, DEFAULT_LIMITS));
  }).rejects.toThrow(/x\.json: .* unpack to more than 250 times as many/);
});
