import { generalizedAdvantages } from '../../losses/gae';
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
  /** As GAE gives them. */
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
  gamma: number;
  lam: number;
}

export interface ExperienceOptions extends EstimateOptions {
  whitenRewards: boolean;
  whitenAdvantages: boolean;
}

/**
 * Advantages and returns by GAE from the shaped rewards: the score, less β·KL for each token. A rollout depends on no
 * other, so that workers can divide them.
 * @param scores [n] @param values [R] for each rollout
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
    const estimate = generalizedAdvantages(rewards, values[i], options);
    return { ...rollout, score: scores[i], kl, values: values[i], ...estimate };
  });
}

/**
 * Whitens over all samples of an iteration: the rewards where configured, without moving their mean, which needs a new
 * GAE; and the advantages.
 */
export function makeExperience(
  scored: readonly ScoredRollout[],
  klCoef: number,
  options: ExperienceOptions,
): Experience[] {
  const estimates = options.whitenRewards
    ? whitenSequences(
        scored.map((one) => rewardsOf(one, klCoef, options).rewards),
        { shiftMean: false },
      ).map((rewards, i) => generalizedAdvantages(rewards, scored[i].values, options))
    : scored;
  const raw = estimates.map(({ advantages }) => advantages);
  const advantages = options.whitenAdvantages ? whitenSequences(raw) : raw;
  return scored.map((one, i) => ({
    ...one,
    advantages: Float32Array.from(advantages[i]),
    returns: Float32Array.from(estimates[i].returns),
  }));
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
