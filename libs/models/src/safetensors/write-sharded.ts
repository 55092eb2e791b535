import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeJsonAtomically } from '../weights/atomic-file';
import type { FloatDtype } from '../weights/convert';
import { type TensorToWrite, tensorBytes, writeSafetensors } from './write-safetensors';

const DEFAULT_MAX_SHARD_BYTES = 5_000_000_000;
const INDEX = 'model.safetensors.index.json';
const WEIGHT_FILE = /^model(-\d{5}-of-\d{5})?\.safetensors(\.index\.json)?$/;

/**
 * Writes weights into a folder under Hugging Face's file names: `model.safetensors` up to `maxShardSize` bytes, else
 * `model-00001-of-0000N.safetensors` with an index, which is written last. Removes obsolete weight files of an earlier
 * save.
 */
export async function writeSharded(
  folder: string,
  tensors: readonly TensorToWrite[],
  options: { dtype: FloatDtype; maxShardSize?: number },
): Promise<void> {
  const shards = splitIntoShards(tensors, options.dtype, options.maxShardSize ?? DEFAULT_MAX_SHARD_BYTES);
  const number = (n: number) => String(n).padStart(5, '0');
  const files = shards.map((_, i) =>
    shards.length === 1
      ? 'model.safetensors'
      : `model-${number(i + 1)}-of-${number(shards.length)}.safetensors`,
  );
  for (const [i, shard] of shards.entries()) await writeSafetensors(join(folder, files[i]), shard, options);
  if (shards.length > 1) {
    await writeJsonAtomically(join(folder, INDEX), {
      metadata: { total_size: tensors.reduce((sum, tensor) => sum + tensorBytes(tensor, options.dtype), 0) },
      weight_map: Object.fromEntries(shards.flatMap((shard, i) => shard.map(({ name }) => [name, files[i]]))),
    });
    files.push(INDEX);
  }
  const stale = (await readdir(folder)).filter((file) => WEIGHT_FILE.test(file) && !files.includes(file));
  await Promise.all(stale.map((file) => rm(join(folder, file))));
}

/** Fills each shard up to `maxBytes`. A larger tensor has its own shard. */
export function splitIntoShards<T extends Pick<TensorToWrite, 'shape'>>(
  tensors: readonly T[],
  dtype: FloatDtype,
  maxBytes: number,
): T[][] {
  const shards: T[][] = [[]];
  let room = maxBytes;
  for (const tensor of tensors) {
    const bytes = tensorBytes(tensor, dtype);
    if (bytes > room && shards[shards.length - 1].length > 0) {
      shards.push([]);
      room = maxBytes;
    }
    shards[shards.length - 1].push(tensor);
    room -= bytes;
  }
  return shards;
}
