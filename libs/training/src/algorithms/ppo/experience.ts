import { ADVANTAGE_ESTIMATORS, type AdvantageEstimatorName, usesValues } from '@open-chatgpt/pipeline';
import { type Advantages, generalizedAdvantages } from '../../losses/gae';
import { groupAdvantages } from '../../losses/group-advantages';
import type { KlEstimator } from '../../losses/kl';
import { adjustScore, type ScoreRules, shapeRewards } from '../../losses/reward-shaping';
import { whitenSequences } from '../../losses/whiten';
import type { Rollout } from './rollout';

/** A rollout with its score, values and advantages. Arrays have one number for each token of the response, [R]. */
export interface ScoredRollout extends Rollout {
  /** The reward model's score, as it gave it. */
  score: number;
  /** KL estimate to the reference, summed over the response, in nats. */
  kl: number;
  values: Float32Array;
  /** As GAE gives them; without values, the rewards to come. */
  advantages: Float64Array;
  returns: Float64Array;
}

/** A sample that models learn from, with advantages and returns that take the whole iteration into account. */
export interface Experience extends Omit<ScoredRollout, 'advantages' | 'returns'> {
  advantages: Float32Array;
  returns: Float32Array;
}

/** The part that the value model learns from. */
export type ValueExperience = Pick<Experience, 'prompt' | 'response' | 'values' | 'returns'>;

export interface EstimateOptions extends ScoreRules {
  klEstimator: KlEstimator;
  advantageEstimator: AdvantageEstimatorName;
  gamma: number;
  lam: number;
}

export interface ExperienceOptions extends EstimateOptions {
  scaleRewards: boolean;
  whitenRewards: boolean;
  whitenAdvantages: boolean;
}

/**
 * Advantages and returns from the shaped rewards: the score, less β·KL for each token. A rollout depends on no other, so
 * that workers can divide them.
 * @param scores [n] @param values [R] for each rollout; 0 without a value model
 */
export function estimateAdvantages(
  rollouts: readonly Rollout[],
  scores: ArrayLike<number>,
  values: readonly Float32Array[],
  klCoef: number,
  options: EstimateOptions,
): ScoredRollout[] {
  return rollouts.map((rollout, i) => {
    const { rewards, kl } = rewardsOf({ ...rollout, score: scores[i] }, klCoef, options);
    const estimate = tokenAdvantages(rewards, values[i], options);
    return { ...rollout, score: scores[i], kl, values: values[i], ...estimate };
  });
}

/**
 * What depends on all samples of an iteration: the comparison of the responses to one prompt; the rewards that are
 * whitened where configured, without moving their mean, which needs new advantages; and the advantages that are whitened.
 */
export function makeExperience(
  scored: readonly ScoredRollout[],
  klCoef: number,
  options: ExperienceOptions,
): Experience[] {
  const estimates = jointEstimates(scored, klCoef, options);
  const raw = estimates.map(({ advantages }) => advantages);
  const advantages = options.whitenAdvantages ? whitenSequences(raw) : raw;
  return scored.map((one, i) => ({
    ...one,
    advantages: Float32Array.from(advantages[i]),
    returns: Float32Array.from(estimates[i].returns),
  }));
}

function jointEstimates(
  scored: readonly ScoredRollout[],
  klCoef: number,
  options: ExperienceOptions,
): readonly Advantages[] {
  const { group } = ADVANTAGE_ESTIMATORS[options.advantageEstimator];
  if (!group && !options.whitenRewards) return scored;
  const rewards = scored.map((one) => rewardsOf(one, klCoef, options).rewards);
  if (!group)
    return whitenSequences(rewards, { shiftMean: false }).map((whitened, i) =>
      tokenAdvantages(whitened, scored[i].values, options),
    );
  const totals = rewards.map((one) => one.reduce((sum, reward) => sum + reward, 0));
  const prompts = scored.map(({ promptIndex }) => promptIndex);
  return Array.from(groupAdvantages(totals, prompts, options), (advantage, i) => ({
    advantages: new Float64Array(rewards[i].length).fill(advantage),
    returns: scored[i].returns,
  }));
}

/** GAE. Without a value model λ is 1, which leaves the discounted rewards to come. */
function tokenAdvantages(rewards: Float64Array, values: Float32Array, options: EstimateOptions): Advantages {
  const { gamma, lam, advantageEstimator } = options;
  return generalizedAdvantages(rewards, values, { gamma, lam: usesValues({ advantageEstimator }) ? lam : 1 });
}

function rewardsOf(rollout: Rollout & { score: number }, klCoef: number, options: EstimateOptions) {
  return shapeRewards({
    logprobs: rollout.logProbs,
    refLogprobs: rollout.refLogProbs,
    score: adjustScore(rollout.score, rollout.endsWithEos, options),
    klCoef,
    klEstimator: options.klEstimator,
  });
}
