import type { TokenizedPreference } from '@open-chatgpt/datasets';
import { PREFERENCE_LOSSES, type StageSettings } from '@open-chatgpt/pipeline';
import { maskedMean } from '../../losses/numbers';
import { pairwiseMetrics } from '../../losses/pairwise-loss';
import type { PairLogProbs } from './reference';

/**
 * The rewards that a policy implies: β (log π(response) − log π_ref(response)), up to a constant of the prompt
 * (Rafailov et al. 2023, eq. 5). A loss without a reference compares β log π(response) itself, and one that is per token its mean
 * over the tokens.
 */
export interface ImplicitRewards {
  /** [P] */
  chosen: Float64Array;
  /** [P] */
  rejected: Float64Array;
}

/** @param logProbs and refLogProbs: [2P], the chosen responses first */
export function implicitRewards(
  logProbs: PairLogProbs,
  refLogProbs: PairLogProbs,
  pairs: readonly TokenizedPreference[],
  { beta, lossType }: Pick<StageSettings<'dpo'>, 'beta' | 'lossType'>,
): ImplicitRewards {
  const { perToken } = PREFERENCE_LOSSES[lossType];
  const ids = [...pairs.map(({ chosenIds }) => chosenIds), ...pairs.map(({ rejectedIds }) => rejectedIds)];
  const rewards = Float64Array.from(logProbs, (value, i) => {
    const tokens = perToken ? ids[i].length - pairs[i % pairs.length].promptLength : 1;
    return (beta * (value - refLogProbs[i])) / tokens;
  });
  return { chosen: rewards.subarray(0, pairs.length), rejected: rewards.subarray(pairs.length) };
}

/** Pairs of which one response is the better one. */
export function decidedPairs(pairs: readonly TokenizedPreference[]): number {
  return pairs.filter(({ weight }) => weight !== 0.5).length;
}

/**
 * Metrics of P pairs. A tie (weight ½) has no right order: it counts in the rewards, not in accuracy and margin, and
 * without any other pair these are left out. Equal rewards count half. Metrics are named as TRL names them:
 * `rewards/chosen` is `chosenReward`, `logps/chosen` is `chosenLogProb`.
 */
export function rewardMetrics(
  { chosen, rejected }: ImplicitRewards,
  logProbs: PairLogProbs,
  pairs: readonly TokenizedPreference[],
): Record<string, number> {
  const weights = pairs.map(({ weight }) => weight);
  const { accuracy, margin } = pairwiseMetrics(chosen, rejected, { weights });
  return {
    ...(Number.isFinite(accuracy) && { accuracy, margin }),
    chosenReward: maskedMean(chosen),
    rejectedReward: maskedMean(rejected),
    chosenLogProb: maskedMean(logProbs.subarray(0, pairs.length)),
    rejectedLogProb: maskedMean(logProbs.subarray(pairs.length)),
  };
}
