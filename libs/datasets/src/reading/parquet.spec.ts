import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SourceFile } from '../sources/source';
import { DEFAULT_LIMITS } from './limits';
import { readDataset } from './read-dataset';
import { readRows } from './read-rows';
import type { RawRow } from './row';

const golden: Record<string, string> = JSON.parse(
  readFileSync(join(__dirname, 'golden/parquet.json'), 'utf8'),
);

/**
 * Written by pyarrow 26: six rows {instruction, input, output, n: int64, tags: list<string>} in row groups of two, without statistics; and one
 * of three rows, the second's instruction two bytes that are no UTF-8.
 */
const files: Record<string, Buffer> = Object.fromEntries(
  Object.entries(golden).map(([name, text]) => [name, Buffer.from(text, 'base64')]),
);
const SNAPPY = files['snappy, pages v1'];

const folder = mkdtempSync(join(tmpdir(), 'parquet-'));
afterAll(() => rmSync(folder, { recursive: true }));
let written = 0;
function file(content: Buffer, name = `${written++}.parquet`): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}
const local = (path: string): SourceFile => ({
  name: path,
  path,
  open: async function* () {
    yield Buffer.from('PAR1');
  },
});
async function rows(path: string, limits = {}): Promise<RawRow[]> {
  const found: RawRow[] = [];
  for await (const row of readRows(local(path), { ...DEFAULT_LIMITS, ...limits })) found.push(row);
  return found;
}
const expected = Array.from({ length: 6 }, (_, n) => ({
  line: n + 1,
  value: {
    instruction: `i${n}`,
    input: '',
    output: `o${n} é 好 ${'and so on '.repeat(8)}`,
    n,
    tags: n % 2 === 0 ? [] : ['a', null],
  },
}));

it.each(Object.keys(files).filter((name) => name !== 'invalid UTF-8'))('reads %s', async (name) => {
  expect(await rows(file(files[name]))).toEqual(expected);
});

it('whatever its name', async () => {
  const { adapter, examples } = await readDataset(file(SNAPPY, 'x.json'), { kind: 'supervised' });
  expect([adapter, examples.length]).toEqual(['alpaca', 6]);
});

it('of a remote source, through a temporary file that is removed', async () => {
  const before = readdirSync(tmpdir()).filter((name) => name.startsWith('open-chatgpt-'));
  const source: SourceFile = {
    name: 'https://host/x.parquet',
    open: async function* () {
      for (let at = 0; at < SNAPPY.length; at += 100) yield SNAPPY.subarray(at, at + 100);
    },
  };
  const found: RawRow[] = [];
  for await (const row of readRows(source)) found.push(row);
  expect(found).toEqual(expected);
  for await (const _ of readRows(source)) break;
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith('open-chatgpt-'))).toEqual(before);
});

it('leaves out only the row with invalid UTF-8', async () => {
  const result = await readDataset(file(files['invalid UTF-8']), { kind: 'supervised' });
  expect(result.examples).toHaveLength(2);
  expect(result.dropped).toEqual({ invalidUtf8: 1 });
  expect(result.firstDropped['invalidUtf8'].line).toBe(2);
});

it('leaves out rows that are too long', async () => {
  const found = await rows(file(SNAPPY), { maxRowBytes: 50 });
  expect(found.map((row) => 'reason' in row && row.reason)).toEqual(Array(6).fill('rowTooLong'));
});

describe('says what is wrong', () => {
  it.each<[string, Buffer, object, RegExp]>([
    [
      'its end is missing',
      SNAPPY.subarray(0, 900),
      {},
      /damaged Parquet after line 0 \(its last bytes are missing, 900 bytes/,
    ],
    ['only its beginning', SNAPPY.subarray(0, 4), {}, /damaged Parquet after line 0/],
    [
      'a large row group',
      SNAPPY,
      { maxRowGroupBytes: 100 },
      /row group 1 of 3: .*more than 100 bytes \(maxRowGroupBytes\)/,
    ],
    [
      'a long row group',
      SNAPPY,
      { maxRowGroupRows: 1 },
      /row group 1 of 3: a row group of 2 rows; at most 1/,
    ],
  ])('%s', async (_, content, limits, message) => {
    await expect(rows(file(content), limits)).rejects.toThrow(message);
  });

  it('and reads the row groups before it', async () => {
    const content = Buffer.from(SNAPPY);
    // The last row group's pages come last before the footer.
    const footer = content.readUInt32LE(content.length - 8);
    content.fill(0xff, content.length - 8 - footer - 300, content.length - 8 - footer);
    const found: RawRow[] = [];
    await expect(async () => {
      for await (const row of readRows(local(file(content)))) found.push(row);
    }).rejects.toThrow(/damaged Parquet after line 4 \(row group 3 of 3: .*fetch it again/);
    expect(found).toEqual(expected.slice(0, 4));
  });
});
