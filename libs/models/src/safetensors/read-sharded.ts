import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { readObjectIfPresent } from '../huggingface/read-json';
import { ModelFileError } from '../weights/model-file-error';
import type { TensorFile, TensorInfo } from '../weights/weight-source';
import { openSafetensors, type SafetensorsFile } from './read-safetensors';

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/**
 * Opens the shards that a `model.safetensors.index.json` lists, as one source.
 *
 * @throws ModelFileError when the index is not valid, or a shard or a tensor in it is missing
 */
export async function openShardedSafetensors(indexPath: string): Promise<TensorFile> {
  const weightMap = await readIndex(indexPath);
  const shards = new Map<string, SafetensorsFile>();
  const close = async () => {
    await Promise.all([...shards.values()].map((shard) => shard.close()));
  };
  try {
    for (const name of new Set(weightMap.values()))
      shards.set(name, await openSafetensors(join(dirname(indexPath), name)));
    const tensors = collect(indexPath, weightMap, shards);
    const shardOf = (name: string) => {
      const shard = shards.get(weightMap.get(name) ?? '');
      if (!shard) throw new ModelFileError(indexPath, `there is no tensor "${name}"`);
      return shard;
    };
    return {
      tensors: () => tensors,
      close,
      read: async (name, target) => shardOf(name).read(name, target),
      readPart: async (name, target, from) => shardOf(name).readPart(name, target, from),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function readIndex(path: string): Promise<Map<string, string>> {
  const parsed = indexSchema.safeParse(await readObjectIfPresent(path));
  if (!parsed.success)
    throw new ModelFileError(path, 'field "weight_map" is not a map from tensor names to file names');
  const weightMap = new Map(Object.entries(parsed.data.weight_map));
  for (const [tensor, file] of weightMap)
    if (basename(file) !== file || file === '' || file.includes('\\') || file === '..')
      throw new ModelFileError(path, `tensor "${tensor}" is in "${file}", which is not a plain file name`);
  return weightMap;
}

function collect(
  indexPath: string,
  weightMap: Map<string, string>,
  shards: Map<string, SafetensorsFile>,
): TensorInfo[] {
  const contents = new Map(
    [...shards].map(([file, shard]) => [
      file,
      new Map(shard.tensors().map((tensor) => [tensor.name, tensor])),
    ]),
  );
  return [...weightMap].map(([name, file]) => {
    const tensor = contents.get(file)?.get(name);
    if (!tensor)
      throw new ModelFileError(indexPath, `tensor "${name}" is not in ${file}; download the shards again`);
    return tensor;
  });
}
