import { pairLength, type TokenizedPreference } from '@open-chatgpt/datasets';
import type { Batching } from '../responses/batch-forward';
import { type ResponseBatch, type ResponseRow, responseBatch } from '../responses/response-batch';

/**
 * Pairs as one padded batch: the chosen responses first, then the rejected ones.
 * @throws Error when a response has no token
 */
export function pairBatch(
  pairs: readonly TokenizedPreference[],
  padTokenId: number | null,
  maxLength: number,
): ResponseBatch {
  const rows = (['chosen', 'rejected'] as const).flatMap((side) =>
    pairs.map((pair) => responseOf(pair[`${side}Ids`], pair.promptLength, side)),
  );
  return responseBatch(rows, padTokenId, maxLength);
}

function responseOf(inputIds: Int32Array, promptLength: number, side: string): ResponseRow {
  if (promptLength >= inputIds.length)
    throw new Error(
      `the ${side} response of a pair has no token: the prompt has ${promptLength}, prompt and response together ` +
        `${inputIds.length}; remove the pair from the dataset`,
    );
  return { inputIds, promptLength };
}

export const pairBatching: Batching<TokenizedPreference> = { lengthOf: pairLength, batchOf: pairBatch };
