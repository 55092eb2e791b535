import type { SamplingOptions } from '../options/generate-options';
import { massOf } from './draw';
import { topK } from './top-k';
import { topP } from './top-p';

export type Filters = Required<Pick<SamplingOptions, 'topK' | 'topP' | 'minP'>>;

/** Whether any of the filters excludes tokens. */
export function isFiltering({ topK, topP, minP }: Filters): boolean {
  return topK > 0 || topP < 1 || minP > 0;
}

/**
 * The tokens that pass the filters, in descending order of weight; at least one. The filters apply in Hugging Face's
 * order: top-k, then top-p on the remaining tokens, then min-p (Nguyen et al. 2024, https://arxiv.org/abs/2407.01082).
 */
export function candidates(weights: Float32Array | Float64Array, filters: Filters): number[] {
  const byK = filters.topK > 0 && filters.topK < weights.length;
  const first = byK ? topK(weights, filters.topK) : null;
  const mass = first ? first.reduce((sum, token) => sum + weights[token], 0) : massOf(weights);
  const tokens = first ?? probableTokens(weights, filters, mass);
  const nucleus = filters.topP < 1 ? topP(tokens, weights, filters.topP, mass) : tokens;
  const least = filters.minP * weights[nucleus[0]];
  return nucleus.filter((token) => weights[token] >= least);
}

/**
 * The tokens that top-p or min-p may keep, sorted. Excluding improbable tokens first avoids sorting the whole vocabulary:
 * tokens below (1 − p) / V of the mass sum to less than 1 − p of it, so the nucleus is complete without them.
 */
function probableTokens(weights: Float32Array | Float64Array, filters: Filters, mass: number): number[] {
  let largest = 0;
  for (let token = 0; token < weights.length; token++) {
    if (weights[token] > largest) largest = weights[token];
  }
  const tail = ((1 - filters.topP) * mass) / weights.length;
  const least = Math.min(Math.max(filters.minP * largest, tail), largest);
  const tokens: number[] = [];
  for (let token = 0; token < weights.length; token++) if (weights[token] >= least) tokens.push(token);
  return tokens.sort((a, b) => weights[b] - weights[a] || a - b);
}
