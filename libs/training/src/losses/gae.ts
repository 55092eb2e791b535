import { checkSameLength, type Numbers } from './numbers';

export interface Advantages {
  /** Aₜ, [T] */
  advantages: Float64Array;
  /** Aₜ + Vₜ, [T]: the targets of the value model */
  returns: Float64Array;
}

/**
 * Generalized advantage estimation of one response: δₜ = rₜ + γVₜ₊₁ − Vₜ; Aₜ = δₜ + γλAₜ₊₁.
 * Source: Schulman et al. 2015, arXiv:1506.02438, eq. 16.
 * @param rewards rₜ, [T]
 * @param values Vₜ, [T], of the state before token t
 * @param lastValue V after the last token; 0 at the end of an episode
 */
export function generalizedAdvantages(
  rewards: Numbers,
  values: Numbers,
  { gamma, lam, lastValue = 0 }: { gamma: number; lam: number; lastValue?: number },
): Advantages {
  const length = checkSameLength('generalized advantages', { rewards, values });
  const advantages = new Float64Array(length);
  const returns = new Float64Array(length);
  let next = 0;
  for (let t = length - 1; t >= 0; t--) {
    const nextValue = t + 1 < length ? values[t + 1] : lastValue;
    const delta = rewards[t] + gamma * nextValue - values[t];
    next = delta + gamma * lam * next;
    advantages[t] = next;
    returns[t] = next + values[t];
  }
  return { advantages, returns };
}
