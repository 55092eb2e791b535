import type { ModelConfig } from '../config/model-config';
import { ModelFileError } from '../weights/model-file-error';
import type { TensorInfo, WeightSource } from '../weights/weight-source';
import { isTransposed, restoreBlocks, restoreLayout } from './restore-layout';
import { huggingFaceName, ROPE_FACTORS } from './tensor-names';

/** The weights of a GGUF file under canonical names and in the layout of transformers. */
export function ggufWeights(source: WeightSource, config: ModelConfig, where: string): WeightSource {
  const original = new Map<string, TensorInfo>();
  for (const tensor of source.tensors()) {
    if (tensor.name === ROPE_FACTORS) continue;
    const name = huggingFaceName(config.family, tensor.name);
    if (name === null)
      throw new ModelFileError(
        where,
        `tensor "${tensor.name}" is unknown for a ${config.family} model; this variant is not supported`,
      );
    if (name === 'lm_head.weight' && config.tieWordEmbeddings) continue;
    original.set(name, tensor);
  }
  const tensors = [...original].map(([name, { shape, dtype }]) => ({
    name,
    dtype,
    shape: isTransposed(name, config) ? [...shape].reverse() : shape,
  }));
  const tensorNamed = (name: string) => {
    const tensor = original.get(name);
    if (!tensor) throw new ModelFileError(where, `there is no tensor "${name}"`);
    return tensor;
  };
  return {
    tensors: () => tensors,
    close: () => source.close(),
    read: async (name, target) => {
      const tensor = tensorNamed(name);
      await source.read(tensor.name, target);
      restoreLayout(name, target, tensor.shape, config);
    },
    readBlocks: async (name) => {
      const tensor = tensorNamed(name);
      const blocks = (await source.readBlocks?.(tensor.name)) ?? null;
      if (blocks) restoreBlocks(name, blocks, tensor.shape, config);
      return blocks;
    },
  };
}
