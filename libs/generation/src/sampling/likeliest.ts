import type { TokenLogProb } from '../options/generate-options';
import { topK } from './top-k';

/** The `count` likeliest tokens of a distribution [V], by falling probability. */
export function likeliest(probabilities: Float32Array, count: number): TokenLogProb[] {
  if (count === 0) return [];
  return topK(probabilities, count).map((token) => ({ token, logProb: Math.log(probabilities[token]) }));
}
