import type { PaddedBatch } from '@open-chatgpt/datasets';
import { padRows } from '../../trainer/pad-rows';

/** One row of a batch. */
export interface Dialogue {
  prompt: readonly number[];
  response: readonly number[];
}

/** Prompts with their responses, padded, and the place of each response among the N = B·T positions. */
export interface ResponseBatch {
  padded: PaddedBatch;
  /** [N] int64: the token that each position predicts, 0 outside the responses. */
  labels: BigInt64Array;
  /** Position that predicts token r of row b's response: start of row b plus r. The state *before* that token. */
  starts: number[];
}

export function responseBatch(
  rows: readonly Dialogue[],
  padTokenId: number | null,
  maxLength: number,
): ResponseBatch {
  const sequences = rows.map(({ prompt, response }) => ({
    inputIds: Int32Array.from([...prompt, ...response]),
  }));
  const padded = padRows(sequences, padTokenId, maxLength);
  const labels = new BigInt64Array(padded.batchSize * padded.length);
  const starts = rows.map(({ prompt, response }, row) => {
    const start = row * padded.length + prompt.length - 1;
    response.forEach((token, r) => {
      labels[start + r] = BigInt(token);
    });
    return start;
  });
  return { padded, labels, starts };
}

/** The values at the response positions of each row, taken from an array over all N positions. */
export function gatherResponses(
  values: Float32Array,
  rows: readonly Dialogue[],
  { starts }: ResponseBatch,
): Float32Array[] {
  return rows.map(({ response }, row) => values.slice(starts[row], starts[row] + response.length));
}

/** An array over all N positions with each row's values at its response positions, and zero elsewhere. */
export function scatterResponses(
  values: readonly ArrayLike<number>[],
  { starts, padded }: ResponseBatch,
): Float32Array {
  const all = new Float32Array(padded.batchSize * padded.length);
  values.forEach((row, index) => {
    all.set(row, starts[index]);
  });
  return all;
}
