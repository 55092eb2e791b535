import {
  elementCount,
  expectedTensors,
  familyOf,
  linearModules,
  type ModelConfig,
  type WeightSource,
} from '@open-chatgpt/models';
import { ParameterStore } from '@open-chatgpt/runtime';
import { type QuantizedBits, type QuantizedMatrix, quantizeBlocks } from './quantize-blocks';

export type QuantizedPrecision = 'int8' | 'int4';

export interface QuantizedWeights {
  /** Weights that stay in float32: input embedding, norms, biases. */
  kept: ParameterStore;
  /** By the names of the weights. */
  quantized: ReadonlyMap<string, QuantizedMatrix>;
}

/** `int4` keeps 8 bits for the output embedding. */
export function bitsOf(name: string, config: ModelConfig, precision: QuantizedPrecision): QuantizedBits {
  return precision === 'int8' || name === familyOf(config).outputEmbedding(config) ? 8 : 4;
}

/**
 * Reads a model's weights and quantizes its matrices one by one, so the float32 weights are never in memory as a whole.
 * Yields to the event loop between two matrices.
 * @param onProgress receives the number of elements read so far, and the total
 */
export async function readQuantized(
  config: ModelConfig,
  source: WeightSource,
  precision: QuantizedPrecision,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<QuantizedWeights> {
  const inputMajor = config.family === 'gpt2';
  const output = familyOf(config).outputEmbedding(config);
  const matrices = new Map(linearModules(config).map(({ name, ...sizes }) => [`${name}.weight`, sizes]));
  matrices.set(output, { outFeatures: config.vocabSize, inFeatures: config.hiddenSize });
  const tensors = expectedTensors(config);
  const isKept = (name: string) => !matrices.has(name) || (name === output && config.tieWordEmbeddings);
  const kept = new ParameterStore(
    tensors.filter(({ name }) => isKept(name)).map((tensor) => ({ ...tensor, trainable: false })),
  );
  const total = tensors.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  const quantized = new Map<string, QuantizedMatrix>();
  let done = 0;
  for (const { name, shape } of tensors) {
    const data = kept.has(name) ? kept.get(name).data : new Float32Array(elementCount(shape));
    await source.read(name, data);
    const sizes = matrices.get(name);
    if (sizes) {
      const bits = bitsOf(name, config, precision);
      quantized.set(name, quantizeBlocks(data, sizes, bits, inputMajor && name !== output));
    }
    done += data.length;
    onProgress(done, total);
  }
  return { kept, quantized };
}
