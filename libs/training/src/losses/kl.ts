import { checkSameLength, type Numbers } from './numbers';

export type KlEstimator = 'k1' | 'k2' | 'k3';

/**
 * Estimators of KL(π‖ref) from one token sampled from π, with d = log π − log ref:
 * k1 = d (unbiased), k2 = d²/2 (biased, low variance), k3 = e^−d − 1 + d (unbiased, never negative).
 * Source: J. Schulman, "Approximating KL divergence", 2020.
 */
export function estimateKl(estimator: KlEstimator, logprob: number, refLogprob: number): number {
  const d = logprob - refLogprob;
  switch (estimator) {
    case 'k1':
      return d;
    case 'k2':
      return (d * d) / 2;
    case 'k3':
      return Math.expm1(-d) + d;
  }
}

/** The estimate at each token, [T], of the sampled tokens' log-probabilities under both models, [T]. */
export function tokenKl(estimator: KlEstimator, logprobs: Numbers, refLogprobs: Numbers): Float64Array {
  const length = checkSameLength('KL', { logprobs, refLogprobs });
  return Float64Array.from({ length }, (_, t) => estimateKl(estimator, logprobs[t], refLogprobs[t]));
}
