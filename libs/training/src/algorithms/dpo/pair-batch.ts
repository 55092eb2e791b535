import { IGNORED_LABEL, type PaddedBatch, type TokenizedPreference } from '@open-chatgpt/datasets';
import { int64s, sftBatch } from '../sft/batch';

/** Pairs as one padded batch with the inputs of its graph: the chosen responses first, then the rejected ones. */
export interface PairBatch {
  padded: PaddedBatch;
  inputs: {
    /** [N] */
    inputIds: BigInt64Array;
    /** [N]: the response token that each position predicts, 0 where it predicts none. */
    labels: BigInt64Array;
    /** [N]: 1 where it predicts one. */
    responseMask: Float32Array;
  };
}

/** @throws Error when a response has no token */
export function pairBatch(
  pairs: readonly TokenizedPreference[],
  padTokenId: number | null,
  maxLength: number,
): PairBatch {
  const rows = (['chosen', 'rejected'] as const).flatMap((side) =>
    pairs.map((pair) => labeledRow(pair[`${side}Ids`], pair.promptLength, side)),
  );
  const { padded, labels, mask } = sftBatch(rows, padTokenId, maxLength);
  return { padded, inputs: { inputIds: int64s(padded.inputIds), labels, responseMask: mask } };
}

/** The loss is on the response: tokens of the prompt have no label. */
function labeledRow(inputIds: Int32Array, promptLength: number, side: string) {
  if (promptLength >= inputIds.length)
    throw new Error(
      `the ${side} response of a pair has no token: the prompt has ${promptLength}, prompt and response together ` +
        `${inputIds.length}; remove the pair from the dataset`,
    );
  return { inputIds, labels: inputIds.map((id, t) => (t < promptLength ? IGNORED_LABEL : id)) };
}
