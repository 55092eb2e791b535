import { expectedTensors } from './expected-tensors';
import { adaptedModules } from './linear-modules';
import { logitsChunkRows } from './logits-chunk';
import type { ModelShape } from './model-shape';

/** Node, the engine, the tokenizer and the data, before any model. */
const FIXED_BYTES = 256 * 2 ** 20;
const FLOAT = 4;

/** Rows of this length and longer have their scores of attention computed in parts of SCORE_ROWS queries. */
const LONG_ROW = 256;
const SCORE_ROWS = 128;

interface HeldModel {
  lora: { r: number; targetModules: readonly string[] } | null;
  scalarHead: boolean;
}

/** The models that a process holds in memory beside the base that all share, and the size of one pass. */
export interface Footprint {
  /** With gradients and moments; with LoRA only the adapter has them. */
  trained: readonly HeldModel[];
  frozen: readonly HeldModel[];
  /** Rows in one forward and backward pass; 0 for a process that does not train. */
  rows: number;
  /** Responses that are sampled at a time. */
  sampled?: number;
}

export interface PassShape {
  /** Tokens in a row. */
  length: number;
  gradientCheckpointing: boolean;
}

/** What a process takes in bytes, and what that is made of. */
export interface MemoryEstimate {
  /** Of the base. */
  parameters: number;
  trainedParameters: number;
  bytes: {
    /** Of every process, whatever the model. */
    fixed: number;
    weights: number;
    gradients: number;
    /** The two moments of Adam. */
    moments: number;
    /** What the backward pass needs of the forward pass, and logits. */
    activations: number;
    /** Keys and values of responses that are sampled. */
    cache: number;
  };
  total: number;
}

export function countParameters(shape: ModelShape): number {
  return expectedTensors(shape).reduce((sum, tensor) => sum + tensor.shape.reduce((a, b) => a * b, 1), 0);
}

/** Parameters of a model beside the base: those of its adapter or all of them, and the scalar head where there is one. */
function ownParameters(shape: ModelShape, { lora, scalarHead }: HeldModel): number {
  const head = scalarHead ? shape.hiddenSize : 0;
  if (!lora) return countParameters(shape) + head;
  return adaptedModules(shape, lora).reduce(
    (sum, { inFeatures, outFeatures }) => sum + lora.r * (inFeatures + outFeatures),
    head,
  );
}

/** Roughly what a process takes: for requests and plans, not for an allocator. Weights are float32. */
export function estimateMemory(shape: ModelShape, footprint: Footprint, pass: PassShape): MemoryEstimate {
  const count = (models: readonly HeldModel[]) =>
    models.reduce((sum, model) => sum + ownParameters(shape, model), 0);
  const parameters = countParameters(shape);
  const trainedParameters = count(footprint.trained);
  const bytes = {
    fixed: FIXED_BYTES,
    weights: FLOAT * (parameters + count(footprint.frozen) + trainedParameters),
    gradients: FLOAT * trainedParameters,
    moments: 2 * FLOAT * trainedParameters,
    activations: activationBytes(shape, footprint, pass),
    cache: cacheBytes(shape, footprint.sampled ?? 0, pass.length),
  };
  return { parameters, trainedParameters, bytes, total: sum(bytes) };
}

const sum = (bytes: MemoryEstimate['bytes']): number => Object.values(bytes).reduce((a, b) => a + b, 0);

/**
 * What a process takes of the memory of its host when it computes on GPUs: the weights, which are loaded whole before they go to the GPUs,
 * and the moments where they are offloaded. All else is on the GPUs.
 */
export function hostMemory(estimate: MemoryEstimate, offloadsMoments: boolean): MemoryEstimate {
  const { fixed, weights, moments } = estimate.bytes;
  const onHost = { fixed, weights, moments: offloadsMoments ? moments : 0 };
  const bytes = { ...onHost, gradients: 0, activations: 0, cache: 0 };
  return { ...estimate, bytes, total: sum(bytes) };
}

/** What the backward pass of a block needs of its forward pass, and the logits that are held at once. */
function activationBytes(
  shape: ModelShape,
  { rows, sampled = 0 }: Footprint,
  { length, gradientCheckpointing }: PassShape,
): number {
  const { hiddenSize, intermediateSize, numAttentionHeads, numKeyValueHeads, headDim, numHiddenLayers } =
    shape;
  if (rows === 0) return FLOAT * 2 * sampled * shape.vocabSize;
  const perToken = 8 * hiddenSize + 2 * numKeyValueHeads * headDim + 3 * intermediateSize;
  // The backward pass computes the scores of attention again: those of one block are in memory, of long rows a part.
  const scores = 2 * numAttentionHeads * (length < LONG_ROW ? length : SCORE_ROWS);
  const tokens = rows * length;
  const blocks =
    scores + (gradientCheckpointing ? perToken + numHiddenLayers * hiddenSize : numHiddenLayers * perToken);
  const logits = 2 * Math.min(tokens, logitsChunkRows(shape.vocabSize)) * shape.vocabSize;
  return FLOAT * (tokens * blocks + logits);
}

function cacheBytes(shape: ModelShape, rows: number, length: number): number {
  const { numHiddenLayers, numKeyValueHeads, headDim } = shape;
  return FLOAT * 2 * numHiddenLayers * numKeyValueHeads * headDim * rows * length;
}
