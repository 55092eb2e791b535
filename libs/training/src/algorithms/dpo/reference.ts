import type { RowSource, TokenizedPreference } from '@open-chatgpt/datasets';
import type { Model } from '@open-chatgpt/models';
import { BatchForward, type ForwardOptions } from '../responses/batch-forward';
import { responseLogProbs } from '../responses/log-probs';
import { pairBatching } from './pair-batch';

/** Log-probabilities of the responses of pairs, [2P]: those of the chosen ones, then those of the rejected ones. */
export type PairLogProbs = Float32Array;

/** Gives the log-probabilities of training pairs under the reference. @param indices their row numbers */
export type ReferenceLogProbs = (
  pairs: readonly TokenizedPreference[],
  indices: readonly number[],
) => Promise<PairLogProbs>;

/** Pairs that are read into memory together. */
const CHUNK = 256;

/** What the loop needs of the reference. */
export interface ReferenceTables {
  train: ReferenceLogProbs;
  /** Of the held-out pairs: measured again and again, against numbers that never change. */
  evaluation: PairLogProbs;
}

export interface ReferenceRun {
  openReference: () => Promise<Model>;
  train: RowSource<TokenizedPreference>;
  evaluation: readonly TokenizedPreference[];
  precompute: boolean;
}

/**
 * Computes what can be computed before training. With `precompute` nothing holds the reference model afterwards.
 * @throws StepAbandoned when the signal of the options is aborted
 */
export async function prepareReference(
  { openReference, train, evaluation, precompute }: ReferenceRun,
  options: ForwardOptions,
): Promise<ReferenceTables> {
  const reference = new Reference(await openReference(), options);
  return {
    evaluation: await reference.logProbs(evaluation),
    train: precompute ? await reference.precompute(train) : (pairs) => reference.logProbs(pairs),
  };
}

/** For losses without a reference: zeros, so that log-ratios are log-probabilities. */
export async function noReference(evaluation: readonly TokenizedPreference[]): Promise<ReferenceTables> {
  const zeros = (pairs: readonly TokenizedPreference[]) => new Float32Array(2 * pairs.length);
  return { evaluation: zeros(evaluation), train: async (pairs) => zeros(pairs) };
}

/** The model that the policy is compared with; it is never trained. */
export class Reference {
  private readonly forward: BatchForward<TokenizedPreference>;

  constructor(model: Model, options: ForwardOptions) {
    this.forward = new BatchForward(model, responseLogProbs, pairBatching, options);
  }

  /** @throws Error when a log-probability is not finite */
  async logProbs(pairs: readonly TokenizedPreference[]): Promise<PairLogProbs> {
    const result = new Float32Array(2 * pairs.length);
    await this.forward.run(
      pairs,
      () => ({}),
      ({ logProbs }, indices) => scatterPairs(logProbs.floats, indices, result),
    );
    const broken = result.findIndex((value) => !Number.isFinite(value));
    if (broken >= 0)
      throw new Error(
        `the reference model gives a ${broken < pairs.length ? 'chosen' : 'rejected'} response the log-probability ` +
          `${result[broken]}; its weights are not usable: start from another model`,
      );
    return result;
  }

  /** The log-probabilities of all rows, computed now: the model is not needed afterwards. */
  async precompute(rows: RowSource<TokenizedPreference>): Promise<ReferenceLogProbs> {
    const known = new Float32Array(2 * rows.size);
    for (let start = 0; start < rows.size; start += CHUNK) {
      const indices = Array.from({ length: Math.min(CHUNK, rows.size - start) }, (_, i) => start + i);
      scatterPairs(await this.logProbs(await rows.rows(indices)), indices, known);
    }
    return async (_, indices) => gatherPairs(known, indices);
  }
}

/** Puts the values of a batch, [2B], at the places of its pairs in `all`, [2P]. */
export function scatterPairs(values: Float32Array, indices: readonly number[], all: Float32Array): void {
  indices.forEach((index, row) => {
    all[index] = values[row];
    all[all.length / 2 + index] = values[indices.length + row];
  });
}

/** The values of some pairs, [2B], out of those of all, [2P]. */
export function gatherPairs(all: Float32Array, indices: readonly number[]): Float32Array {
  const half = all.length / 2;
  return Float32Array.from([...indices, ...indices.map((index) => half + index)], (at) => all[at]);
}
