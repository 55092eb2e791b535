import { checkSameLength, type Numbers } from './numbers';

/**
 * min(π(a) / μ(a), cap) for each token, [T]: the weight of a sample that an older or other sampler μ drew.
 * Source: truncated importance sampling, Ionides 2008; V-trace, Espeholt et al. 2018, arXiv:1802.01561.
 * @param logprobs log π of the sampled tokens, by the learner, [T]
 * @param samplerLogprobs log μ of the same, recorded when sampling, [T]
 */
export function truncatedRatios(logprobs: Numbers, samplerLogprobs: Numbers, cap: number): Float64Array {
  const length = checkSameLength('importance ratios', { logprobs, samplerLogprobs });
  if (!(cap > 0)) throw new Error(`importance ratios: expected a cap above 0; found ${cap}`);
  return Float64Array.from({ length }, (_, t) => Math.min(Math.exp(logprobs[t] - samplerLogprobs[t]), cap));
}
