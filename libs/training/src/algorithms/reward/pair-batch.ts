import type { PaddedBatch, TokenizedPreference } from '@open-chatgpt/datasets';
import { padRows } from '../../trainer/pad-rows';
import { int64s } from '../sft/batch';
import { lastTokenInputs } from './last-token';

/** Pairs as one padded batch: the chosen responses first, then the rejected ones in the same order. */
export function pairBatch(
  pairs: readonly TokenizedPreference[],
  padTokenId: number | null,
  maxLength: number,
): PaddedBatch {
  const rows = [...pairs.map((pair) => pair.chosenIds), ...pairs.map((pair) => pair.rejectedIds)];
  return padRows(
    rows.map((inputIds) => ({ inputIds })),
    padTokenId,
    maxLength,
  );
}

/** The inputs of a scoring graph. */
export function scoringInputs(padded: PaddedBatch) {
  return { inputIds: int64s(padded.inputIds), ...lastTokenInputs(padded) };
}
