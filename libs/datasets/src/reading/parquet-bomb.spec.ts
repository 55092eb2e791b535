import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_LIMITS } from './limits';
import { readRows } from './read-rows';

/** A field of Thrift's compact protocol, as the metadata of Parquet are written: its id, its type and its bytes. */
type Field = [id: number, type: number, content: Buffer];
const [I32, I64, BINARY, LIST, STRUCT] = [5, 6, 8, 9, 12];

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  return Buffer.from([...bytes, rest]);
}
const number = (value: number) => varint(2 * value);
const binary = (text: string) => Buffer.concat([varint(text.length), Buffer.from(text)]);
const list = (type: number, items: Buffer[]) =>
  Buffer.concat([Buffer.from([(items.length << 4) | type]), ...items]);
function struct(...fields: Field[]): Buffer {
  const parts = fields.flatMap(([id, type, content], i) => [
    Buffer.from([((id - (fields[i - 1]?.[0] ?? 0)) << 4) | type]),
    content,
  ]);
  return Buffer.concat([...parts, Buffer.from([0])]);
}

/** A file of `rows` rows, all of which have the same text: a dictionary of one text, and one run of its number. */
function repeated(text: string, rows: number): Buffer {
  const entry = Buffer.alloc(4 + text.length, text, 'latin1');
  entry.writeUInt32LE(text.length);
  entry.write(text, 4);
  const run = Buffer.concat([Buffer.from([1]), varint(2 * rows), Buffer.from([0])]);
  const page = (type: number, content: Buffer, header: Field) =>
    Buffer.concat([
      struct(
        [1, I32, number(type)],
        [2, I32, number(content.length)],
        [3, I32, number(content.length)],
        header,
      ),
      content,
    ]);
  const dictionary = page(2, entry, [7, STRUCT, struct([1, I32, number(1)], [2, I32, number(0)])]);
  const counts: Field[] = [
    [1, I32, number(rows)],
    [2, I32, number(8)],
    [3, I32, number(3)],
    [4, I32, number(3)],
  ];
  const pages = Buffer.concat([dictionary, page(0, run, [5, STRUCT, struct(...counts)])]);
  const column = struct(
    [1, I32, number(6)],
    [2, LIST, list(I32, [number(8)])],
    [3, LIST, list(BINARY, [binary('text')])],
    [4, I32, number(0)],
    [5, I64, number(rows)],
    [6, I64, number(pages.length)],
    [7, I64, number(pages.length)],
    [9, I64, number(4 + dictionary.length)],
    [11, I64, number(4)],
  );
  const schema = [
    struct([4, BINARY, binary('root')], [5, I32, number(1)]),
    struct([1, I32, number(6)], [3, I32, number(0)], [4, BINARY, binary('text')], [6, I32, number(0)]),
  ];
  const chunk = struct([2, I64, number(4)], [3, STRUCT, column]);
  const group = struct(
    [1, LIST, list(STRUCT, [chunk])],
    [2, I64, number(pages.length)],
    [3, I64, number(rows)],
  );
  const footer = struct(
    [1, I32, number(1)],
    [2, LIST, list(STRUCT, schema)],
    [3, I64, number(rows)],
    [4, LIST, list(STRUCT, [group])],
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([Buffer.from('PAR1'), pages, footer, length, Buffer.from('PAR1')]);
}

describe('a Parquet file of few bytes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parquet-bomb-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  async function count(content: Buffer, limits = {}): Promise<number> {
    const path = join(folder, 'x.parquet');
    writeFileSync(path, content);
    const open = async function* () {
      yield content;
    };
    let rows = 0;
    for await (const row of readRows({ name: 'x.parquet', path, open }, { ...DEFAULT_LIMITS, ...limits })) {
      if (!('value' in row)) throw new Error(`row ${row.line}: ${row.reason}`);
      rows++;
    }
    return rows;
  }

  it('is read when its rows are few, or its texts short', async () => {
    expect(await count(repeated('x'.repeat(100_000), 100))).toBe(100);
    expect(await count(repeated('short', 100_000))).toBe(100_000);
  });

  it.each([
    ['a long text in many rows', 'x'.repeat(100_000), 100_000],
    ['very many rows', 'x', 3_000_000],
  ])('%s count as unpacked bytes', async (_, text, rows) => {
    await expect(count(repeated(text, rows))).rejects.toThrow(
      /x\.parquet: \d+ bytes unpack to more than 250 times as many, as a bomb does/,
    );
  });

  it('is read when the limit is raised', async () => {
    expect(await count(repeated('x'.repeat(1000), 70_000), { maxCompressionRatio: 1e6 })).toBe(70_000);
  });
});
