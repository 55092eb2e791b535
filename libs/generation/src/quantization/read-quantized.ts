import {
  elementCount,
  expectedTensors,
  familyOf,
  inVocabulary,
  linearModules,
  type ModelConfig,
  tokenTable,
  type WeightBlocks,
  type WeightSource,
} from '@open-chatgpt/models';
import { ParameterStore } from '@open-chatgpt/runtime';
import { bitsOf, type QuantizedPrecision } from './precision';
import { quantizeBlocks } from './quantize-blocks';
import { type MatrixSize, matrixOfBlocks, type QuantizedMatrix } from './quantized-matrix';

export interface QuantizedWeights {
  /** Weights that stay in float32: norms, biases, learned positions. */
  kept: ParameterStore;
  /** By the names of the weights. */
  quantized: ReadonlyMap<string, QuantizedMatrix>;
}

/**
 * Reads a model's weights and quantizes its matrices one by one, so the float32 weights are never in memory as a whole.
 * Blocks of a GGUF file are used as they are stored, where they have no more bits than the precision, or 5 or 6, which
 * files with 4-bit blocks use for the sensitive matrices. Yields to the event loop between two matrices.
 * @param onProgress receives the number of elements read so far, and the total
 */
export async function readQuantized(
  config: ModelConfig,
  source: WeightSource,
  precision: QuantizedPrecision,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<QuantizedWeights> {
  const matrices = matrixSizes(config);
  const tensors = expectedTensors(config);
  const kept = new ParameterStore(
    tensors.filter(({ name }) => !matrices.has(name)).map((tensor) => ({ ...tensor, trainable: false })),
  );
  const total = tensors.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  const quantized = new Map<string, QuantizedMatrix>();
  let done = 0;
  for (const { name, shape } of tensors) {
    const size = matrices.get(name);
    if (size) quantized.set(name, await readMatrix(config, source, precision, name, size));
    else await source.read(name, kept.get(name).data);
    done += elementCount(shape);
    onProgress(done, total);
  }
  return { kept, quantized };
}

/** The sizes of the matrices that are quantized, by the names of their weights. */
function matrixSizes(config: ModelConfig): Map<string, MatrixSize> {
  const matrices = new Map<string, MatrixSize>();
  for (const { name, inFeatures, outFeatures } of linearModules(config))
    matrices.set(`${name}.weight`, { inFeatures, outFeatures });
  for (const name of [tokenTable(config), familyOf(config).outputEmbedding(config)])
    matrices.set(name, { outFeatures: config.vocabSize, inFeatures: config.hiddenSize });
  return matrices;
}

async function readMatrix(
  config: ModelConfig,
  source: WeightSource,
  precision: QuantizedPrecision,
  name: string,
  size: MatrixSize,
): Promise<QuantizedMatrix> {
  const bits = bitsOf(name, config, precision);
  const isTable = name === tokenTable(config);
  const blocks = await source.readBlocks?.(name);
  if (blocks && (isTable ? blocks.minima === null : blocks.bits <= bits || !hasEightBits(blocks)))
    return matrixOfBlocks(blocks, size, isTable ? 8 : blocks.bits);
  const data = new Float32Array(size.outFeatures * size.inFeatures);
  await source.read(name, data);
  const inputMajor = config.family === 'gpt2' && !inVocabulary(name, config);
  return quantizeBlocks(data, size, bits, inputMajor, name);
}

/** Whether codes use all 8 bits, instead of 5 or 6 of them. */
const hasEightBits = ({ bits, zero }: WeightBlocks) => bits === 8 && zero === 128;
