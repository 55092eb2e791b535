import { logSigmoid } from '../../losses/log-sigmoid';

/** Log-probabilities of a chosen and a rejected answer, each summed over its tokens. */
export interface PairLogprobs {
  chosen: number;
  rejected: number;
}

/** How much more the policy prefers the chosen answer than the reference does. */
function preferenceGain(policy: PairLogprobs, reference: PairLogprobs): number {
  return policy.chosen - policy.rejected - (reference.chosen - reference.rejected);
}

/**
 * −(1 − ε)·log σ(βh) − ε·log σ(−βh).
 * Source: Rafailov et al. 2023, arXiv:2305.18290, eq. 7; ε: Mitchell 2023, "cDPO".
 * @param labelSmoothing ε, the probability that the labels are swapped
 */
export function dpoLoss(
  policy: PairLogprobs,
  reference: PairLogprobs,
  beta: number,
  labelSmoothing = 0,
): number {
  const h = beta * preferenceGain(policy, reference);
  return -(1 - labelSmoothing) * logSigmoid(h) - labelSmoothing * logSigmoid(-h);
}

/** (h − 1/(2β))². Source: IPO, Azar et al. 2023, arXiv:2310.12036, eq. 17. */
export function ipoLoss(policy: PairLogprobs, reference: PairLogprobs, beta: number): number {
  return (preferenceGain(policy, reference) - 1 / (2 * beta)) ** 2;
}

/** max(0, 1 − βh). Source: SLiC, Zhao et al. 2023, arXiv:2305.10425, with the log-ratios of DPO. */
export function hingeLoss(policy: PairLogprobs, reference: PairLogprobs, beta: number): number {
  return Math.max(0, 1 - beta * preferenceGain(policy, reference));
}

const sigma = (x: number) => 1 / (1 + Math.exp(-x));
const logOdds = (meanLogProb: number) => meanLogProb - Math.log(-Math.expm1(meanLogProb));

/**
 * The other losses of a pair in float64, by name, of the scores `a` of the better response and `b` of the other one: Chowdhury et
 * al. 2024, arXiv:2403.00409; D'Oosterlinck et al. 2024, arXiv:2408.06266; Meng et al. 2024, arXiv:2405.14734; Hong et al. 2024,
 * arXiv:2403.07691.
 */
export const pairLosses = {
  robust: (a: number, b: number, beta: number, smoothing: number) =>
    (-(1 - smoothing) * logSigmoid(beta * (a - b)) + smoothing * logSigmoid(beta * (b - a))) /
    (1 - 2 * smoothing),
  apo_zero: (a: number, b: number, beta: number) => 1 - sigma(beta * a) + sigma(beta * b),
  apo_down: (a: number, b: number, beta: number) => sigma(beta * a) + 1 - sigma(beta * (a - b)),
  simpo: (a: number, b: number, beta: number, gamma: number) => -logSigmoid(beta * (a - b) - gamma),
  orpo: (a: number, b: number, beta: number) => -beta * logSigmoid(logOdds(a) - logOdds(b)),
};
