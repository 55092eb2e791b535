import type { Rng } from '@open-chatgpt/random';
import type { HeadKind } from '../graph/head-graph';
import type { SamplingOptions } from '../options/generate-options';
import { candidates, isFiltering } from './candidates';
import { argMax, draw, massOf } from './draw';
import { penalizeRepetition, softmax } from './repetition-penalty';

/** What one row's choice of its next token depends on, beside the distribution. */
export interface Choice {
  sampling: Required<SamplingOptions>;
  /** Tokens that must not come now. */
  suppressed: readonly number[];
  /** Tokens of the prompt and the answer so far; read only with a repetition penalty. */
  seen: Iterable<number>;
  rng: Rng;
}

/** What the head has to give for these rows: no more than they need. */
export function headKindFor(choices: readonly Choice[]): HeadKind {
  return choices.every(isGreedy) ? 'greedy' : 'probabilities';
}

const isPenalized = ({ sampling }: Choice) => sampling.repetitionPenalty !== 1;
const isGreedy = (choice: Choice) =>
  !choice.sampling.doSample && choice.suppressed.length === 0 && !isPenalized(choice);

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
    let weights: Float32Array | Float64Array = probabilities;
    if (isPenalized(choice)) {
      weights = this.penalized;
      weights.set(logits);
      penalizeRepetition(this.penalized, choice.seen, sampling.repetitionPenalty);
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
