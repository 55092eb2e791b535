import type { PaddedBatch, UnpaddedRow } from '@open-chatgpt/datasets';
import { type ShiftedLabels, shiftLabels } from '@open-chatgpt/models';
import { padRows } from '../../trainer/pad-rows';

/** One forward pass worth of rows, padded, with its labels shifted to the positions that predict them. */
export interface SftBatch extends ShiftedLabels {
  padded: PaddedBatch;
}

export function sftBatch(
  rows: readonly UnpaddedRow[],
  padTokenId: number | null,
  maxLength: number,
): SftBatch {
  const padded = padRows(rows, padTokenId, maxLength);
  return { padded, ...shiftLabels(padded.labels, padded.batchSize, padded.length) };
}

export function int64s(values: Int32Array): BigInt64Array {
  return BigInt64Array.from(values, BigInt);
}

/** The inputs of a graph: ids, and for packed rows where each document starts and which it is. */
export function sequenceInputs(padded: PaddedBatch, packed: boolean): Record<string, BigInt64Array> {
  const inputIds = int64s(padded.inputIds);
  if (!packed) return { inputIds };
  return { inputIds, segmentIds: int64s(padded.segmentIds), positionIds: int64s(padded.positionIds) };
}
