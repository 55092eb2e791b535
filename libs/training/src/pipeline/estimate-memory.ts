import { logitsChunkRows, type ModelConfig } from '@open-chatgpt/models';

/** Node, ONNX Runtime, the tokenizer and the data, before any model. */
const FIXED_BYTES = 200 * 2 ** 20;
const FLOAT = 4;

export interface TrainingShape {
  /** Rows in one forward and backward pass. */
  rows: number;
  /** Tokens in a row. */
  length: number;
  gradientCheckpointing: boolean;
}

export interface ModelMemory {
  /** Weights that lie frozen in memory, shared ones counted once. */
  frozenParameters: number;
  /** Weights with a gradient and two moments each. */
  trainedParameters: number;
}

/** Roughly what a stage takes in bytes: for a plan, not for an allocator. */
export function estimateMemory(config: ModelConfig, memory: ModelMemory, shape: TrainingShape): number {
  const weights = FLOAT * (memory.frozenParameters + 4 * memory.trainedParameters);
  return FIXED_BYTES + weights + activationBytes(config, shape);
}

/** What the backward pass of a block needs of its forward pass, and the logits that are held at once. */
function activationBytes(
  config: ModelConfig,
  { rows, length, gradientCheckpointing }: TrainingShape,
): number {
  const { hiddenSize, intermediateSize, numAttentionHeads, numKeyValueHeads, headDim, numHiddenLayers } =
    config;
  const perToken =
    8 * hiddenSize + 2 * numKeyValueHeads * headDim + 3 * intermediateSize + 2 * numAttentionHeads * length;
  const tokens = rows * length;
  const blocks = gradientCheckpointing ? perToken + numHiddenLayers * hiddenSize : numHiddenLayers * perToken;
  const logits = 2 * Math.min(tokens, logitsChunkRows(config.vocabSize)) * config.vocabSize;
  return FLOAT * (tokens * blocks + logits);
}
