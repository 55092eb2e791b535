import { IGNORED_LABEL, type PaddedBatch } from '@open-chatgpt/datasets';
import { int64s, sftBatch } from '../sft/batch';

/** A prompt with a response to it, as token ids. */
export interface ResponseRow {
  inputIds: Int32Array;
  /** Tokens of the prompt. */
  promptLength: number;
}

/** Responses as one padded batch with the inputs of its graph. */
export interface ResponseBatch {
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

/** The loss is on the responses: tokens of a prompt have no label. */
export function responseBatch(
  rows: readonly ResponseRow[],
  padTokenId: number | null,
  maxLength: number,
): ResponseBatch {
  const labeled = rows.map(({ inputIds, promptLength }) => ({
    inputIds,
    labels: inputIds.map((id, t) => (t < promptLength ? IGNORED_LABEL : id)),
  }));
  const { padded, labels, mask } = sftBatch(labeled, padTokenId, maxLength);
  return { padded, inputs: { inputIds: int64s(padded.inputIds), labels, responseMask: mask } };
}
