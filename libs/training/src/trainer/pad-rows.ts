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

/**
 * The rows of one pass. Each number of rows is a graph to compile, which takes XLA seconds: there, a pass with fewer rows than the
 * others is filled up with repetitions of its last row. The caller gives them no weight and ignores their results.
 * @param total rows of all passes
 * @param batchSize most rows of a pass
 */
export function fillPass<Row>(
  rows: readonly Row[],
  { total, batchSize }: { total: number; batchSize: number },
): readonly Row[] {
  if (currentDevice().engine !== 'xla') return rows;
  const size = Math.min(batchSize, rounded(total, 1));
  return [...rows, ...new Array<Row>(size - rows.length).fill(rows[rows.length - 1])];
}

const roundedForXla = (length: number): number => rounded(length, 16);

/** 2ⁿ or 1.5 · 2ⁿ. */
function rounded(count: number, least: number): number {
  let power = least;
  while (power < count) power *= 2;
  const between = power * 0.75;
  return power > least && count <= between ? between : power;
}

/** A multiple. ONNX Runtime compiles a graph in a fraction of a second, so little is padded. */
function roundedForOnnxRuntime(maxLength: number): (length: number) => number {
  const multiple = maxLength <= 64 ? 4 : maxLength <= 128 ? 8 : maxLength <= 256 ? 16 : 32;
  return (length) => Math.ceil(length / multiple) * multiple;
}
