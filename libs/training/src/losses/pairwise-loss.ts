import { logSigmoid } from './log-sigmoid';
import { checkSameLength, type Numbers } from './numbers';

export interface PairwiseMetrics {
  loss: number;
  /** Fraction of the decided pairs whose chosen answer scores higher; equal scores count half. NaN without decided pairs. */
  accuracy: number;
  /** Mean of chosen − rejected over the decided pairs. NaN without decided pairs. */
  margin: number;
}

/**
 * −[w·log σ(d) + (1 − w)·log σ(−d)] with d = chosen − rejected − margin.
 * Source: Ouyang et al. 2022, arXiv:2203.02155, eq. 1; margins: Touvron et al. 2023, arXiv:2307.09288, eq. 2.
 * @param weight w, the probability that `chosen` is better: 1, or 0.5 for a tie
 */
export function pairwiseLoss(chosen: number, rejected: number, margin = 0, weight = 1): number {
  const certain = -logSigmoid(chosen - rejected - margin);
  return weight === 1 ? certain : weight * certain - (1 - weight) * logSigmoid(rejected - chosen + margin);
}

/** Mean loss, accuracy and margin of a batch. Ties (weight 0.5) count only in the loss. All inputs [B]. */
export function pairwiseMetrics(
  chosen: Numbers,
  rejected: Numbers,
  { margins = null, weights = null }: { margins?: Numbers | null; weights?: Numbers | null } = {},
): PairwiseMetrics {
  const pairs = checkSameLength('pairwise metrics', { chosen, rejected, margins, weights });
  let loss = 0;
  let decided = 0;
  let right = 0;
  let difference = 0;
  for (let i = 0; i < pairs; i++) {
    const weight = weights ? weights[i] : 1;
    loss += pairwiseLoss(chosen[i], rejected[i], margins ? margins[i] : 0, weight);
    if (weight === 0.5) continue;
    const d = (chosen[i] - rejected[i]) * (weight > 0.5 ? 1 : -1);
    decided++;
    right += d > 0 ? 1 : d === 0 ? 0.5 : 0;
    difference += d;
  }
  return { loss: loss / pairs, accuracy: right / decided, margin: difference / decided };
}
