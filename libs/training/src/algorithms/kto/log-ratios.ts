import type { Model } from '@open-chatgpt/models';
import { BatchForward, type Batching, type ForwardOptions } from '../responses/batch-forward';
import { responseLogProbs } from '../responses/log-probs';
import { type ResponseRow, responseBatch } from '../responses/response-batch';

export const responseBatching: Batching<ResponseRow> = {
  lengthOf: ({ inputIds }) => inputIds.length,
  batchOf: responseBatch,
};

/** Computes the log-probabilities of responses, each summed over its tokens. */
export class ResponseScorer {
  private readonly forward: BatchForward<ResponseRow>;

  constructor(model: Model, options: ForwardOptions) {
    this.forward = new BatchForward(model, responseLogProbs, responseBatching, options);
  }

  /** @returns [rows] @throws StepAbandoned on abort */
  async logProbs(rows: readonly ResponseRow[]): Promise<Float32Array> {
    const result = new Float32Array(rows.length);
    await this.forward.run(
      rows,
      () => ({}),
      ({ logProbs }, indices) =>
        indices.forEach((index, row) => {
          result[index] = logProbs.floats[row];
        }),
    );
    return result;
  }
}

/** The log-probabilities of rows under the reference. @throws Error when one is not finite */
export async function referenceLogProbs(
  reference: ResponseScorer,
  rows: readonly ResponseRow[],
): Promise<Float32Array> {
  const logProbs = await reference.logProbs(rows);
  const broken = logProbs.find((value) => !Number.isFinite(value));
  if (broken !== undefined)
    throw new Error(
      `the reference model gives a response the log-probability ${broken}; its weights are not usable: start from another model`,
    );
  return logProbs;
}
