import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectLinearTime } from '@open-chatgpt/testing';
import { DEFAULT_LIMITS } from './limits';
import { readRows } from './read-rows';
import type { RawRow } from './row';

const golden: Record<string, string> = JSON.parse(readFileSync(join(__dirname, 'golden/zstd.json'), 'utf8'));

/** Packed by zstd 1.5 (the command): 2000 lines {"a": i * 7919 mod 10007}. */
const files: [string, Buffer][] = Object.entries(golden).map(([name, text]) => [
  name,
  Buffer.from(text, 'base64'),
]);
const PACKED = files[0][1];
const expected = Array.from({ length: 2000 }, (_, i) => ({ line: i + 1, value: { a: (i * 7919) % 10007 } }));

async function read(
  content: Buffer,
  chunkBytes = content.length,
  limits = {},
): Promise<{ rows: RawRow[]; error: string }> {
  const source = {
    name: 'x.zst',
    open: async function* () {
      for (let at = 0; at < content.length; at += chunkBytes) yield content.subarray(at, at + chunkBytes);
    },
  };
  const rows: RawRow[] = [];
  try {
    for await (const row of readRows(source, { ...DEFAULT_LIMITS, ...limits })) rows.push(row);
    return { rows, error: '' };
  } catch (error) {
    return { rows, error: (error as Error).message };
  }
}

it.each(files)('reads zstd: %s', async (_, content) => {
  for (const chunkBytes of [1, 100, content.length])
    expect(await read(content, chunkBytes)).toEqual({ rows: expected, error: '' });
});

it('gives all blocks before a cut, and says where it is', async () => {
  const [, content] = files[1];
  const { rows, error } = await read(content.subarray(0, content.length - 20));
  expect(error).toMatch(/x.zst: damaged zstd after line \d+ \(cut off at byte \d+\)/);
  expect(rows.length).toBeGreaterThanOrEqual(1000);
  expect(rows).toEqual(expected.slice(0, rows.length));
});

it('skips a long frame for programs in linear time', async () => {
  await expectLinearTime(
    async (size) => {
      const skipped = Buffer.alloc(8 + size);
      skipped.writeUInt32LE(0x184d2a50);
      skipped.writeUInt32LE(size, 4);
      const { rows } = await read(Buffer.concat([PACKED, skipped, PACKED]), 16);
      // The last line before the frame has no end.
      expect(rows).toHaveLength(2 * expected.length - 1);
    },
    { size: 400_000 },
  );
});

describe('refuses', () => {
  const header = (...bytes: number[]) =>
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, ...bytes, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  /** Blocks of 128 KiB of one byte each: four bytes for each. */
  const bomb = Buffer.concat([
    header(0, 0x58).subarray(0, 6),
    Buffer.concat(Array(4000).fill(Buffer.from([0x02, 0x00, 0x10, 0x20]))),
  ]);

  it.each<[string, Buffer, object, RegExp]>([
    ['a window of 2 GiB', header(0, 21 << 3), {}, /needs 2147483648 bytes of memory to unpack.*--long=27/],
    [
      'a content of 1 TiB in one piece',
      header(0xe0, 0, 0, 0, 0, 0, 1, 0, 0),
      {},
      /needs 1099511627776 bytes of memory/,
    ],
    ['a dictionary', header(0x21, 1, 1), {}, /needs a dictionary/],
    ['a bomb', bomb, {}, /unpack to more than 250 times as many, as a bomb does/],
    ['more than the limit', PACKED, { maxDecompressedBytes: 1000 }, /unpacks to more than 1000 bytes/],
    [
      'something else after a frame',
      Buffer.concat([PACKED, Buffer.from('hello')]),
      {},
      /no frame begins here at byte/,
    ],
  ])('%s', async (_, content, limits, message) => {
    expect((await read(content, 64, limits)).error).toMatch(message);
  });
});
