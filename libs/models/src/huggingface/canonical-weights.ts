import type { ModelConfig } from '../config/model-config';
import { familyOf } from '../families/family-of';
import { ModelFileError } from '../weights/model-file-error';
import type { TensorFile, TensorInfo, WeightSource } from '../weights/weight-source';
import { canonicalName } from './canonical-name';

/** The tensors of a file by their canonical names, without buffers. */
export function canonicalTensors(
  source: TensorFile,
  config: ModelConfig,
  where: string,
): Map<string, TensorInfo> {
  const original = new Map<string, TensorInfo>();
  for (const tensor of source.tensors()) {
    const name = canonicalName(config.family, tensor.name);
    if (name === null) continue;
    const other = original.get(name);
    if (other)
      throw new ModelFileError(
        where,
        `"${other.name}" and "${tensor.name}" are the same weight (${name}); remove one`,
      );
    original.set(name, tensor);
  }
  return original;
}

/**
 * The same weights under canonical names, without buffers and without the copy of tied embeddings.
 *
 * @param sharedHead the tensor that is the embeddings too, where the file has them only as the head
 */
export function canonicalWeights(
  source: TensorFile,
  original: ReadonlyMap<string, TensorInfo>,
  config: ModelConfig,
  sharedHead: TensorInfo | null,
): WeightSource {
  const kept = new Map(original);
  if (config.tieWordEmbeddings) kept.delete('lm_head.weight');
  if (sharedHead) kept.set(familyOf(config).embeddingNames(config)[0], sharedHead);
  const tensors = [...kept].map(([name, { shape, dtype }]) => ({ name, shape, dtype }));
  return {
    tensors: () => tensors,
    read: (name, target) => source.read(kept.get(name)?.name ?? name, target),
    close: () => source.close(),
  };
}
