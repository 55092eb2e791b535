import type { ModelConfig } from '../config/model-config';
import { ModelFileError } from '../weights/model-file-error';
import type { TensorInfo, WeightSource } from '../weights/weight-source';
import { canonicalName } from './canonical-name';

/** The same weights under canonical names, without buffers and without the copy of tied embeddings. */
export function canonicalWeights(source: WeightSource, config: ModelConfig, where: string): WeightSource {
  const original = new Map<string, TensorInfo>();
  for (const tensor of source.tensors()) {
    const name = canonicalName(config.family, tensor.name);
    if (name === null || (name === 'lm_head.weight' && config.tieWordEmbeddings)) continue;
    const other = original.get(name);
    if (other)
      throw new ModelFileError(
        where,
        `"${other.name}" and "${tensor.name}" are the same weight (${name}); remove one`,
      );
    original.set(name, tensor);
  }
  const tensors = [...original].map(([name, { shape, dtype }]) => ({ name, shape, dtype }));
  return {
    tensors: () => tensors,
    read: (name, target) => source.read(original.get(name)?.name ?? name, target),
    close: () => source.close(),
  };
}
