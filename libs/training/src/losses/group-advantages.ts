import { maskedMoments, type Numbers } from './numbers';

/**
 * (r − μ) / (σ + ε) within the answers to one prompt, σ with n − 1.
 * Source: GRPO, Shao et al. 2024, arXiv:2402.03300, §4.1.2.
 * @param rewards of the answers to one prompt, [G]
 */
export function grpoAdvantages(rewards: Numbers, epsilon = 1e-4): Float64Array {
  const { mean, variance } = maskedMoments(rewards, null, true);
  return Float64Array.from(rewards, (reward) => (reward - mean) / (Math.sqrt(variance) + epsilon));
}

/**
 * Each reward less the mean of the others (leave-one-out baseline).
 * Source: RLOO, Kool et al. 2019; Ahmadian et al. 2024, arXiv:2402.14740, eq. 7.
 * @throws Error for fewer than two answers: there are no others
 */
export function rlooAdvantages(rewards: Numbers): Float64Array {
  const others = rewards.length - 1;
  if (others < 1) throw new Error(`RLOO: expected at least 2 answers to a prompt; found ${rewards.length}`);
  const sum = Array.from(rewards).reduce((total, reward) => total + reward, 0);
  return Float64Array.from(rewards, (reward) => reward - (sum - reward) / others);
}
