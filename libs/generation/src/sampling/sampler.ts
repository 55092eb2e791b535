import type { Rng } from '@open-chatgpt/random';
import type { HeadKind } from '../graph/head-graph';
import type { SamplingOptions } from '../options/generate-options';
import { candidates, isFiltering } from './candidates';
import { argMax, draw, massOf } from './draw';
import { isPenalizing, penalize, softmax, type TokensSoFar } from './penalties';
import { restrict, type TokenConstraint } from './token-constraint';

/** Everything but the distribution that the next token of a row depends on. */
export interface SamplingContext extends TokensSoFar {
  sampling: Required<SamplingOptions>;
  /** Tokens that must not be sampled now. */
  suppressed: readonly number[];
  constraint: TokenConstraint | null;
  /** Number of most probable tokens to report. */
  topLogProbs: number;
  rng: Rng;
}

/** The cheapest head that computes everything that these rows need. */
export function headKindFor(rows: readonly SamplingContext[]): HeadKind {
  return rows.every((row) => isPlainGreedy(row) && row.topLogProbs === 0) ? 'greedy' : 'probabilities';
}

const isPlainGreedy = ({ sampling, suppressed, constraint }: SamplingContext) =>
  !sampling.doSample && suppressed.length === 0 && !constraint && !isPenalizing(sampling);

/** Samples tokens from distributions over one vocabulary. Reuses its buffers. */
export class Sampler {
  private readonly penalized: Float64Array;

  constructor(vocabSize: number) {
    this.penalized = new Float64Array(vocabSize);
  }

  /**
   * @param probabilities [V], at the row's temperature; suppressed tokens become 0
   * @param logits [V], as the model computes them
   * @returns the token, or −1 when the distribution contains NaN
   * @throws Error of the row's constraint
   */
  sample(probabilities: Float32Array, logits: Float32Array, row: SamplingContext): number {
    const { sampling, suppressed, constraint, rng } = row;
    // Compares logits like the greedy head: different logits can round to equal probabilities.
    if (isPlainGreedy(row)) return argMax(logits);
    let weights: Float32Array | Float64Array = probabilities;
    // From the logits: the probabilities of all allowed tokens can round to 0.
    if (constraint || isPenalizing(sampling)) {
      weights = this.penalized;
      weights.set(logits);
      penalize(this.penalized, row, sampling);
      if (constraint) restrict(this.penalized, constraint.allowed());
      softmax(this.penalized, sampling.temperature);
    }
    for (const token of suppressed) weights[token] = 0;
    if (!sampling.doSample) return argMax(weights);
    const uniform = rng.next();
    if (!isFiltering(sampling)) {
      return draw(weights, uniform, suppressed.length > 0 ? massOf(weights) : 1);
    }
    const tokens = candidates(weights, sampling);
    const kept = tokens.map((token) => weights[token]);
    return tokens[draw(kept, uniform, massOf(kept))] ?? -1;
  }
}
