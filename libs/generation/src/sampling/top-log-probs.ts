import type { TokenLogProb } from '../options/generate-options';
import { topK } from './top-k';

/** The `count` most probable tokens of a distribution [V], in descending order. */
export function topLogProbs(probabilities: Float32Array, count: number): TokenLogProb[] {
  if (count === 0) return [];
  return topK(probabilities, count).map((token) => ({ token, logProb: Math.log(probabilities[token]) }));
}
