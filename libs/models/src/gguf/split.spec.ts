import { mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openGgufFile } from './split';

const u32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer);
const u64 = (value: number) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
const text = (value: string) => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);
const NUMBER = 4;
const F32 = 0;

/** A part with one-dimensional tensors of one block each, and metadata that are numbers. */
function part(metadata: Record<string, number>, tensors: Record<string, number[]>): Buffer {
  const entries = Object.entries(metadata).map(([key, value]) =>
    Buffer.concat([text(key), u32(NUMBER), u32(value)]),
  );
  const data = Object.values(tensors).map((values) => Buffer.from(Float32Array.from(values).buffer));
  const infos = Object.entries(tensors).map(([name, values], i) =>
    Buffer.concat([text(name), u32(1), u64(values.length), u32(F32), u64(32 * i)]),
  );
  const header = Buffer.concat([
    Buffer.from('GGUF'),
    u32(3),
    u64(infos.length),
    u64(entries.length),
    ...entries,
    ...infos,
  ]);
  return Buffer.concat([header, Buffer.alloc((32 - (header.length % 32)) % 32), ...data]);
}

const eight = (first: number) => Array.from({ length: 8 }, (_, i) => first + i);
let folder: string;
const pathOf = (no: number) => join(folder, `model-0000${no}-of-00003.gguf`);
const write = (no: number, metadata: Record<string, number>, tensors: Record<string, number[]>) =>
  writeFileSync(pathOf(no), part({ 'split.no': no - 1, 'split.count': 3, ...metadata }, tensors));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'split-'));
  write(1, { 'split.tensors.count': 3, 'general.alignment': 32 }, { a: eight(0) });
  write(2, {}, { b: eight(100) });
  write(3, {}, { c: eight(200) });
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a split GGUF model', () => {
  it.each([1, 2, 3])('is opened as one from part %d', async (no) => {
    const file = await openGgufFile(pathOf(no));
    expect(file.tensors().map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(file.metadata.number('split.tensors.count')).toBe(3);
    const [whole, end] = [new Float32Array(8), new Float32Array(3)];
    await file.read('b', whole);
    await file.readPart('c', end, 5);
    await file.close();
    expect([...whole]).toEqual(eight(100));
    expect([...end]).toEqual([205, 206, 207]);
  });

  it('may have a first part without tensors', async () => {
    write(1, { 'split.tensors.count': 2 }, {});
    const file = await openGgufFile(pathOf(1));
    await file.close();
    expect(file.tensors().map(({ name }) => name)).toEqual(['b', 'c']);
  });

  it.each<[string, () => void, RegExp]>([
    [
      'a part is missing',
      () => unlinkSync(pathOf(2)),
      /part 1 of 3 of a split model; missing beside it: model-00002-of-00003\.gguf\. Download all parts/,
    ],
    [
      'two parts are missing',
      () => {
        for (const no of [2, 3]) unlinkSync(pathOf(no));
      },
      /missing beside it: model-00002-of-00003\.gguf, model-00003-of-00003\.gguf/,
    ],
    [
      'a part is of another model',
      () => write(2, {}, { a: eight(1) }),
      /tensor "a" is also in model-00001-of-00003\.gguf/,
    ],
    [
      'parts are swapped',
      () => write(3, { 'split.no': 1 }, { c: eight(0) }),
      /says that it is part 2 of 3, its name says 3 of 3/,
    ],
    [
      'a part lacks a tensor',
      () => write(3, {}, {}),
      /hold 2 tensors, metadata "split\.tensors\.count" says 3/,
    ],
    [
      'there are four billion parts',
      () => write(1, { 'split.count': 4e9 }, {}),
      /"split\.count" is 4000000000/,
    ],
  ])('is refused when %s', async (_, damage, message) => {
    damage();
    await expect(openGgufFile(pathOf(1))).rejects.toThrow(message);
  });

  it('is refused under a name that does not say which part it is', async () => {
    renameSync(pathOf(1), join(folder, 'renamed.gguf'));
    await expect(openGgufFile(join(folder, 'renamed.gguf'))).rejects.toThrow(
      /is part 1 of 3 of a split model, .*"-00001-of-00003\.gguf"/,
    );
  });
});
