import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { DatasetKind } from '../adapters/adapter';
import { IGNORED_LABEL } from '../tokenize/supervised';
import { decodeRow } from './decode-row';
import { encodeRow } from './encode-row';
import type { ShardHeader } from './format';
import { mergeRows } from './merge-rows';
import { openShards } from './open-shards';
import { openShard } from './read-shard';
import { type ShardRow, singleDocument } from './rows';
import { writeIndex } from './write-index';
import { ShardWriter } from './write-shard';

const header = (kind: DatasetKind, vocabSize = 1000): ShardHeader => ({
  kind,
  tokenIdBytes: vocabSize > 65_536 ? 4 : 2,
  vocabSize,
  tokenizerSha256: 'ab'.repeat(32),
  template: 'chatml',
  maxLength: 64,
  packed: true,
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shards-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Writes shards of the given rows each, and their index. */
async function write(head: ShardHeader, shards: ShardRow[][]) {
  const entries = [];
  for (const [number, rows] of shards.entries()) {
    const file = `0000${number}.shard`;
    const writer = await ShardWriter.create(join(folder, file), file, head);
    for (const row of rows) await writer.add(row);
    entries.push(await writer.close());
  }
  await writeIndex(folder, head, entries);
  return entries;
}

const ids = (vocabSize: number, minLength = 0) =>
  fc.array(fc.nat(vocabSize - 1), { minLength, maxLength: 30 }).map((list) => Int32Array.from(list));
const u32 = fc.nat(2 ** 31 - 1);
const document = (vocabSize: number) =>
  ids(vocabSize, 1).chain((inputIds) =>
    fc.array(fc.boolean(), { minLength: inputIds.length, maxLength: inputIds.length }).map((trained) => ({
      inputIds,
      labels: inputIds.map((id, t) => (trained[t] ? id : IGNORED_LABEL)),
    })),
  );
const merged = (items: { inputIds: Int32Array; labels: Int32Array }[], head: ShardHeader) =>
  mergeRows(
    items.map((item, source) => encodeRow(singleDocument(item, source), head)),
    head,
  );
const rowOf: Record<DatasetKind, (vocabSize: number) => fc.Arbitrary<ShardRow>> = {
  supervised: (v) =>
    fc.oneof(
      fc.tuple(document(v), u32).map(([item, source]) => singleDocument(item, source)),
      fc
        .array(document(v), { minLength: 1, maxLength: 6 })
        .map((items) => decodeRow(merged(items, header('supervised', v)), header('supervised', v), 'row')),
    ),
  preference: (v) =>
    fc
      .record({
        prompt: ids(v),
        a: ids(v),
        b: ids(v),
        margin: fc.double({ noNaN: true }),
        weight: fc.double({ noNaN: true }),
        source: u32,
      })
      .map(({ prompt, a, b, ...rest }) => ({
        chosenIds: Int32Array.from([...prompt, ...a]),
        rejectedIds: Int32Array.from([...prompt, ...b]),
        promptLength: prompt.length,
        ...rest,
      })),
  unpaired: (v) =>
    fc
      .record({ prompt: ids(v), answer: ids(v), label: fc.boolean(), source: u32 })
      .map(({ prompt, answer, ...rest }) => ({
        inputIds: Int32Array.from([...prompt, ...answer]),
        promptLength: prompt.length,
        ...rest,
      })),
  prompts: (v) => fc.record({ inputIds: ids(v), source: u32 }),
};
const kinds = ['supervised', 'preference', 'unpaired', 'prompts'] as const;
const some = (kind: DatasetKind, count: number, vocabSize = 1000) =>
  fc.sample(rowOf[kind](vocabSize), { numRuns: count, seed: 5 });

describe('encodeRow and decodeRow', () => {
  it.each(kinds.flatMap((kind) => [1000, 65_536, 200_000].map((v) => [kind, v] as const)))(
    '%s, vocabulary of %p: every row comes back',
    (kind, vocabSize) => {
      const head = header(kind, vocabSize);
      fc.assert(
        fc.property(rowOf[kind](vocabSize), (row) => {
          expect(decodeRow(encodeRow(row, head), head, 'row')).toEqual(row);
        }),
      );
    },
  );

  it.each(kinds)('%s: damaged bytes give a row or a clear error, never anything else', (kind) => {
    const head = header(kind);
    fc.assert(
      fc.property(rowOf[kind](1000), fc.nat(), fc.nat(255), fc.nat(), (row, at, byte, cut) => {
        const bytes = encodeRow(row, head);
        bytes[at % bytes.length] = byte;
        const damaged = cut % 2 ? bytes : bytes.subarray(0, cut % bytes.length);
        try {
          decodeRow(damaged, head, 'row 7');
        } catch (error) {
          expect((error as Error).message).toMatch(/^row 7 is damaged: .*again\.$/);
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each<[string, ShardRow, RegExp]>([
    [
      'an id beyond the vocabulary',
      { inputIds: Int32Array.of(1, 1000), source: 0 },
      /token id 1000 .* vocabulary of 1000/,
    ],
    ['a negative id', { inputIds: Int32Array.of(-1), source: 0 }, /token id -1/],
    [
      'a foreign label',
      singleDocument({ inputIds: Int32Array.of(1, 2), labels: Int32Array.of(-100, 3) }, 0),
      /label 3 at position 1/,
    ],
    [
      'prompts that differ',
      {
        chosenIds: Int32Array.of(1, 2),
        rejectedIds: Int32Array.of(3, 2),
        promptLength: 1,
        margin: 0,
        weight: 1,
        source: 0,
      },
      /first 1 tokens, the prompt, differ/,
    ],
  ])('refuses %s', (_, row, message) => {
    expect(() => encodeRow(row, header('prompts'))).toThrow(message);
  });
});

describe('openShards', () => {
  it.each(kinds)('%s: any row in any order, over several shards', async (kind) => {
    const rows = some(kind, 50);
    await write(header(kind), [rows.slice(0, 20), rows.slice(20, 21), rows.slice(21)]);
    const shards = await openShards(folder, kind);
    expect(shards.rows).toBe(50);
    for (const index of [49, 0, 20, 19, 21, 7]) expect(await shards.row(index)).toEqual(rows[index]);
    const lengths = await shards.tokenLengths();
    expect(shards.index.tokens).toBe(lengths.reduce((a, b) => a + b, 0));
    await shards.verify();
    for (const index of [-1, 50, 1.5, Number.NaN])
      await expect(shards.row(index)).rejects.toThrow(/expected 0 to 49/);
    await shards.close();
  });

  it('gives the same bytes for the same rows', async () => {
    const rows = some('supervised', 30);
    const [first] = await write(header('supervised'), [rows]);
    const [second] = await write(header('supervised'), [rows]);
    expect(second).toEqual(first);
  });

  it('an empty split has no shard', async () => {
    await write(header('prompts'), []);
    const shards = await openShards(folder, 'prompts');
    expect([shards.rows, await shards.tokenLengths()]).toEqual([0, new Uint32Array(0)]);
    await expect(shards.row(0)).rejects.toThrow(/row 0/);
  });

  const index = () => JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8'));
  const setIndex = (value: unknown) => writeFileSync(join(folder, 'index.json'), JSON.stringify(value));
  it.each<[string, () => void, RegExp]>([
    ['no index', () => rmSync(join(folder, 'index.json')), /no index.json/],
    ['an index that is no JSON', () => writeFileSync(join(folder, 'index.json'), '{'), /no JSON/],
    ['an index of something else', () => setIndex({ format: 'x' }), /format/],
    [
      'a path out of the folder',
      () => setIndex({ ...index(), shards: [{ ...index().shards[0], file: '../x.shard' }] }),
      /file name/,
    ],
    ['a wrong row count', () => setIndex({ ...index(), rows: 7 }), /says 7 rows, its shards have 20/],
    [
      'another kind',
      () => setIndex({ ...index(), header: header('supervised') }),
      /hold supervised rows; expected prompts/,
    ],
    ['a missing shard', () => rmSync(join(folder, '00000.shard')), /no such file/],
    [
      'a cut shard',
      () => writeFileSync(join(folder, '00000.shard'), readFileSync(join(folder, '00000.shard')).subarray(9)),
      /index says \d+ bytes/,
    ],
  ])('refuses %s', async (_, harm, message) => {
    await write(header('prompts'), [some('prompts', 20)]);
    harm();
    await expect(openShards(folder, 'prompts')).rejects.toThrow(message);
  });

  it("refuses another dataset's shard, and an altered one when it verifies", async () => {
    const [{ bytes }] = await write(header('prompts'), [some('prompts', 20)]);
    setIndex({ ...index(), header: { ...header('prompts'), template: 'vicuna' } });
    const foreign = await openShards(folder, 'prompts');
    await expect(foreign.row(0)).rejects.toThrow(/its template is not what index.json says/);
    await foreign.close();
    setIndex({ ...index(), header: header('prompts') });
    const altered = readFileSync(join(folder, '00000.shard'));
    altered[bytes - 300] ^= 1;
    writeFileSync(join(folder, '00000.shard'), altered);
    await expect((await openShards(folder, 'prompts')).verify()).rejects.toThrow(/sha256 is .* altered/);
  });
});

describe('openShard', () => {
  const path = () => join(folder, '00000.shard');
  const patched = (change: (bytes: Buffer) => Buffer | undefined) => {
    const bytes = readFileSync(path());
    writeFileSync(path(), change(bytes) ?? bytes);
  };
  it.each<[string, (bytes: Buffer) => Buffer | undefined, RegExp]>([
    ['nothing', () => Buffer.alloc(0), /0 bytes are too few/],
    ['another file', (b) => void b.write('PK\u0003\u0004', 'latin1'), /not "OCGSHARD"; it is no shard/],
    ['a later version', (b) => void b.writeUInt32LE(2, 8), /version 2; this program reads version 1/],
    ['a huge header', (b) => void b.writeUInt32LE(2 ** 31, 12), /header of 2147483648 bytes/],
    ['a broken header', (b) => void b.write('!', 16), /header is no JSON/],
    ['a wrong header', (b) => void b.write('x', 26), /header is wrong/],
    ['a cut end', (b) => b.subarray(0, b.length - 1), /no footer; it is cut off/],
    ['a cut middle', (b) => Buffer.concat([b.subarray(0, 300), b.subarray(310)]), /does not fit into/],
    ['a wrong row count', (b) => void b.writeUInt32LE(21, b.length - 24), /table of 21 rows/],
    [
      'a table out of the file',
      (b) => void b.writeBigUInt64LE(2n ** 60n, b.length - 20),
      /table of 20 rows at byte/,
    ],
    [
      'a row out of range',
      (b) => void b.writeUInt32LE(2 ** 31, b.length - 24 - 8),
      /row 19 starts at byte 2147483648/,
    ],
    [
      'rows out of order',
      (b) => void b.writeUInt32LE(1, b.length - 24 - 8),
      /row 19 starts at byte 1, out of order/,
    ],
  ])('refuses %s', async (_, change, message) => {
    await write(header('prompts'), [some('prompts', 20)]);
    patched(change);
    await expect(openShard(path())).rejects.toThrow(message);
  });

  it('no change of any byte is anything but a reader or a clear error', async () => {
    await write(header('supervised'), [some('supervised', 5)]);
    const original = readFileSync(path());
    for (let at = 0; at < original.length; at += 3) {
      patched((bytes) => {
        original.copy(bytes);
        bytes[at] ^= 0x55;
        return bytes;
      });
      try {
        const reader = await openShard(path());
        for (let row = 0; row < reader.tokenLengths.length; row++) await reader.row(row).catch(named);
        await reader.close();
      } catch (error) {
        named(error);
      }
    }
    function named(error: unknown) {
      expect((error as Error).message).toMatch(/^shard .*00000\.shard: /);
    }
  });
});
