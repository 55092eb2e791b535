import type { AdvantageEstimatorName } from '@open-chatgpt/pipeline';
import { checkSameLength, maskedMoments, type Numbers } from './numbers';

export interface GroupOptions {
  advantageEstimator: AdvantageEstimatorName;
  /** grpo divides by the standard deviation of the group. */
  scaleRewards: boolean;
}

/** Of TRL's GRPOTrainer: a group whose rewards are equal has advantages of 0. */
const EPSILON = 1e-4;

/**
 * Compares the reward r of a response with those of the n responses to the same prompt, whose mean is μ and whose
 * standard deviation, with n − 1, is σ.
 *
 * - `grpo`: (r − μ) / (σ + ε) (Shao et al. 2024, arXiv:2402.03300, §4.1.2); without `scaleRewards` r − μ (Dr. GRPO: Liu et al.
 *   2025, arXiv:2503.20783, §3.2).
 * - `rloo`: r less the mean of the others, which is (r − μ)·n/(n − 1) (Ahmadian et al. 2024, arXiv:2402.14740, eq. 8).
 * - others: r − μ (REINFORCE++-baseline: Hu 2025, arXiv:2501.03262, before it is whitened).
 *
 * A response without others has nothing to be compared with: 0.
 * @param rewards of the whole response, [N] @param groups number of the prompt, [N]
 * @returns [N]
 */
export function groupAdvantages(
  rewards: Numbers,
  groups: readonly number[],
  options: GroupOptions,
): Float64Array {
  checkSameLength('group advantages', { rewards, groups });
  const members = new Map<number, number[]>();
  groups.forEach((group, i) => {
    members.set(group, [...(members.get(group) ?? []), i]);
  });
  const advantages = new Float64Array(rewards.length);
  for (const indices of members.values()) {
    const own = indices.map((i) => rewards[i]);
    const { count, mean, variance } = maskedMoments(own, null, true);
    if (count === 1) continue;
    const scale = scaleOf(count, variance, options);
    indices.forEach((i, k) => {
      advantages[i] = (own[k] - mean) * scale;
    });
  }
  return advantages;
}

function scaleOf(
  count: number,
  variance: number,
  { advantageEstimator, scaleRewards }: GroupOptions,
): number {
  if (advantageEstimator === 'rloo') return count / (count - 1);
  return advantageEstimator === 'grpo' && scaleRewards ? 1 / (Math.sqrt(variance) + EPSILON) : 1;
}
