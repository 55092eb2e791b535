import { estimateKl } from '../../losses/kl';
import { checkSameLength, type Mask, maskedMean, type Numbers } from '../../losses/numbers';

export interface PolicyLoss {
  /** Mean over the tokens that count. */
  loss: number;
  /** max(−A·ρ, −A·clip(ρ)) of each token, [T]. */
  perToken: Float64Array;
  /** Share of the tokens for which the clipped term is the larger. */
  clipFraction: number;
  /** k3 estimate of KL(old‖new), in nats per token. */
  approxKl: number;
}

/**
 * Clipped surrogate of PPO, with ρ = e^(new − old): max(−A·ρ, −A·clip(ρ, 1 ± ε)).
 * Source: Schulman et al. 2017, arXiv:1707.06347, eq. 7.
 * The float64 reference for `policyObjective`.
 */
export function policyLoss(options: {
  logprobs: Numbers;
  oldLogprobs: Numbers;
  advantages: Numbers;
  cliprange: number;
  mask?: Mask;
}): PolicyLoss {
  const { logprobs, oldLogprobs, advantages, cliprange, mask = null } = options;
  const length = checkSameLength('policy loss', { logprobs, oldLogprobs, advantages, mask });
  const perToken = new Float64Array(length);
  const clipped = new Float64Array(length);
  const kl = new Float64Array(length);
  for (let t = 0; t < length; t++) {
    const ratio = Math.exp(logprobs[t] - oldLogprobs[t]);
    const free = -advantages[t] * ratio;
    const bound = -advantages[t] * Math.max(1 - cliprange, Math.min(1 + cliprange, ratio));
    perToken[t] = Math.max(free, bound);
    clipped[t] = bound > free ? 1 : 0;
    kl[t] = estimateKl('k3', oldLogprobs[t], logprobs[t]);
  }
  return {
    loss: maskedMean(perToken, mask),
    perToken,
    clipFraction: maskedMean(clipped, mask),
    approxKl: maskedMean(kl, mask),
  };
}
