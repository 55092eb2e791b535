import { type PaddedBatch, padBatch, type UnpaddedRow } from '@open-chatgpt/datasets';
import { currentDevice } from '@open-chatgpt/runtime';

/**
 * Pads the rows of one batch. Each length is a graph to compile, so few lengths occur.
 * @param maxLength the longest row of all batches
 */
export function padRows(
  rows: readonly UnpaddedRow[],
  padTokenId: number | null,
  maxLength: number,
): PaddedBatch {
  const roundLength = currentDevice().engine === 'xla' ? roundedForXla : roundedForOnnxRuntime(maxLength);
  return padBatch(rows, { padTokenId, maxLength, roundLength });
}

const LEAST_FOR_XLA = 16;

/** 2ⁿ or 1.5 · 2ⁿ. XLA compiles a graph in seconds. */
function roundedForXla(length: number): number {
  let power = LEAST_FOR_XLA;
  while (power < length) power *= 2;
  const between = power * 0.75;
  return power > LEAST_FOR_XLA && length <= between ? between : power;
}

/** A multiple. ONNX Runtime compiles a graph in a fraction of a second, so little is padded. */
function roundedForOnnxRuntime(maxLength: number): (length: number) => number {
  const multiple = maxLength <= 64 ? 4 : maxLength <= 128 ? 8 : maxLength <= 256 ? 16 : 32;
  return (length) => Math.ceil(length / multiple) * multiple;
}
