import type { Rng } from '@open-chatgpt/random';
import type { HeadKind } from '../graph/head-graph';
import type { SamplingOptions } from '../options/generate-options';
import { candidates, isFiltering } from './candidates';
import { argMax, draw, massOf } from './draw';
import { isPenalizing, penalize, softmax, type TokensSoFar } from './penalties';

/** What one row's choice of its next token depends on, beside the distribution. */
export interface Choice extends TokensSoFar {
  sampling: Required<SamplingOptions>;
  /** Tokens that must not come now. */
  suppressed: readonly number[];
  /** How many of the likeliest tokens are told besides. */
  topLogProbs: number;
  rng: Rng;
}

/** What the head has to give for these rows: no more than they need. */
export function headKindFor(choices: readonly Choice[]): HeadKind {
  return choices.every((choice) => isPlainGreedy(choice) && choice.topLogProbs === 0)
    ? 'greedy'
    : 'probabilities';
}

const isPlainGreedy = ({ sampling, suppressed }: Choice) =>
  !sampling.doSample && suppressed.length === 0 && !isPenalizing(sampling);

/** Chooses tokens from distributions over one vocabulary, without allocating for it. */
export class Sampler {
  private readonly penalized: Float64Array;

  constructor(vocabSize: number) {
    this.penalized = new Float64Array(vocabSize);
  }

  /**
   * @param probabilities [V], at the row's temperature; suppressed tokens become 0
   * @param logits [V], as the model gives them
   * @returns the token, −1 where the distribution holds NaN
   */
  choose(probabilities: Float32Array, logits: Float32Array, choice: Choice): number {
    const { sampling, suppressed, rng } = choice;
    // As the greedy head: equal probabilities may come of different logits.
    if (isPlainGreedy(choice)) return argMax(logits);
    let weights: Float32Array | Float64Array = probabilities;
    if (isPenalizing(sampling)) {
      weights = this.penalized;
      weights.set(logits);
      penalize(this.penalized, choice, sampling);
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
