import { mkdtempSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSafetensors } from './read-safetensors';
import { openShardedSafetensors } from './read-sharded';
import { writeSafetensors } from './write-safetensors';
import { splitIntoShards, writeSharded } from './write-sharded';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'safetensors-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const tensor = (name: string, shape: number[], data: number[]) => ({
  name,
  shape,
  data: Float32Array.from(data),
});

describe('writeSafetensors', () => {
  it.each([
    ['F32' as const, [1, -2.5, 1e-3, 0.1]],
    ['F16' as const, [1, -2.5, 0.0010004043579101562, 0.0999755859375]],
    ['BF16' as const, [1, -2.5, 0.00099945068359375, 0.10009765625]],
  ])('writes %s, which reads back as rounded values', async (dtype, wanted) => {
    const path = join(folder, 'a.safetensors');
    await writeSafetensors(path, [tensor('x', [2, 2], [1, -2.5, 1e-3, 0.1]), tensor('s', [], [3])], {
      dtype,
    });
    const file = await openSafetensors(path);
    const x = new Float32Array(new SharedArrayBuffer(16));
    await file.read('x', x);
    expect([...x]).toEqual(wanted.map(Math.fround));
    expect(file.tensors()).toMatchObject([
      { name: 'x', shape: [2, 2], dtype },
      { name: 's', shape: [], dtype },
    ]);
    expect(file.metadata).toEqual({ format: 'pt' });
    await expect(file.read('x', new Float32Array(3))).rejects.toThrow(
      /4 elements \[2, 2\], the target has 3/,
    );
    await expect(file.read('y', x)).rejects.toThrow(/no tensor "y"/);
    await file.close();
  });

  it('reads and writes tensors larger than a chunk', async () => {
    const path = join(folder, 'big.safetensors');
    const data = Float32Array.from({ length: 2_500_003 }, (_, i) => i % 1021);
    await writeSafetensors(path, [{ name: 'x', shape: [data.length], data }], { dtype: 'F16' });
    const file = await openSafetensors(path);
    const read = new Float32Array(data.length);
    await file.read('x', read);
    await file.close();
    expect(read.every((value, i) => value === data[i])).toBe(true);
  });

  it('starts the data at a multiple of 8 bytes, as the reference implementation does', async () => {
    const path = join(folder, 'a.safetensors');
    await writeSafetensors(path, [tensor('x', [1], [1])], { dtype: 'F32' });
    expect(Number(readFileSync(path).readBigUInt64LE()) % 8).toBe(0);
  });

  it('keeps only the old file when writing fails', async () => {
    const path = join(folder, 'a.safetensors');
    await writeSafetensors(path, [tensor('x', [1], [1])], { dtype: 'F32' });
    const before = readFileSync(path);
    const failing = {
      name: 'y',
      shape: [1],
      data: () => Promise.reject(new Error('no more memory')),
    };
    await expect(writeSafetensors(path, [tensor('x', [1], [2]), failing], { dtype: 'F32' })).rejects.toThrow(
      'no more memory',
    );
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(folder)).toEqual(['a.safetensors']);
  });

  it.each<[string, ReturnType<typeof tensor>[], RegExp]>([
    ['a name given twice', [tensor('x', [1], [1]), tensor('x', [1], [1])], /"x" is given twice/],
    ['a shape that does not fit', [tensor('x', [3], [1])], /1 values, its shape \[3\] needs 3/],
  ])('refuses %s', async (_, tensors, message) => {
    await expect(writeSafetensors(join(folder, 'a'), tensors, { dtype: 'F32' })).rejects.toThrow(message);
  });
});

describe('writeSharded', () => {
  const tensors = ['a', 'b', 'c', 'd'].map((name, i) => tensor(name, [i + 1], Array(i + 1).fill(i)));

  it('fills shards as Hugging Face does and reads them as one', async () => {
    await writeSharded(folder, tensors, { dtype: 'F32', maxShardSize: 12 });
    expect(readdirSync(folder).sort()).toEqual([
      'model-00001-of-00003.safetensors',
      'model-00002-of-00003.safetensors',
      'model-00003-of-00003.safetensors',
      'model.safetensors.index.json',
    ]);
    const index = JSON.parse(readFileSync(join(folder, 'model.safetensors.index.json'), 'utf8'));
    expect(index.metadata).toEqual({ total_size: 40 });
    expect(index.weight_map).toMatchObject({
      a: 'model-00001-of-00003.safetensors',
      b: 'model-00001-of-00003.safetensors',
      d: 'model-00003-of-00003.safetensors',
    });
    const source = await openShardedSafetensors(join(folder, 'model.safetensors.index.json'));
    const d = new Float32Array(4);
    await source.read('d', d);
    await expect(source.read('e', d)).rejects.toThrow(/no tensor "e"/);
    await source.close();
    expect([...d]).toEqual([3, 3, 3, 3]);
  });

  it('removes weight files of an earlier save', async () => {
    await writeSharded(folder, tensors, { dtype: 'F32', maxShardSize: 12 });
    writeFileSync(join(folder, 'notes.safetensors'), 'mine');
    await writeSharded(folder, tensors, { dtype: 'F32' });
    expect(readdirSync(folder).sort()).toEqual(['model.safetensors', 'notes.safetensors']);
  });

  it('writes an oversized tensor to its own shard', () => {
    const shapes = [[1], [100], [1]].map((shape) => ({ shape }));
    expect(splitIntoShards(shapes, 'BF16', 10).map((shard) => shard.length)).toEqual([1, 1, 1]);
  });

  it.each<[string, (index: string) => void, RegExp]>([
    [
      'a shard is missing',
      () => unlinkSync(join(folder, 'model-00002-of-00003.safetensors')),
      /00002-of-00003.*ENOENT/,
    ],
    [
      'the index is no JSON',
      (index) => writeFileSync(index, '{'),
      /is not JSON \(it ends too early, of 1 characters\)/,
    ],
    ['there is no weight_map', (index) => writeFileSync(index, '{}'), /weight_map/],
    [
      'a path leads outside',
      (index) => writeFileSync(index, '{"weight_map":{"a":"../a.safetensors"}}'),
      /not a plain file name/,
    ],
    [
      'a tensor is not in its shard',
      (index) => writeFileSync(index, '{"weight_map":{"z":"model-00001-of-00003.safetensors"}}'),
      /"z" is not in model-00001/,
    ],
  ])('fails when %s', async (_, damage, message) => {
    await writeSharded(folder, tensors, { dtype: 'F32', maxShardSize: 12 });
    const index = join(folder, 'model.safetensors.index.json');
    damage(index);
    await expect(openShardedSafetensors(index)).rejects.toThrow(message);
  });
});
