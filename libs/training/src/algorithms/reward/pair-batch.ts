import { type PaddedBatch, padBatch, type TokenizedPreference } from '@open-chatgpt/datasets';
import { lengthMultiple } from '../../trainer/programs';
import { int64s } from '../sft/batch';
import { lastTokenInputs } from './last-token';

/** Pairs as one padded batch: the chosen responses first, then the rejected ones in the same order. */
export function pairBatch(
  pairs: readonly TokenizedPreference[],
  padTokenId: number | null,
  maxLength: number,
): PaddedBatch {
  const rows = [...pairs.map((pair) => pair.chosenIds), ...pairs.map((pair) => pair.rejectedIds)];
  return padBatch(
    rows.map((inputIds) => ({ inputIds })),
    { padTokenId, maxLength, multipleOf: lengthMultiple(maxLength) },
  );
}

/** The inputs of a scoring graph. */
export function scoringInputs(padded: PaddedBatch) {
  return { inputIds: int64s(padded.inputIds), ...lastTokenInputs(padded) };
}
