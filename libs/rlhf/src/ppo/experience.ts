import {
  adjustScore,
  generalizedAdvantages,
  type KlEstimator,
  type ScoreRules,
  shapeRewards,
  whitenSequences,
} from '../math';
import type { Rollout } from './rollout';

/** A rollout with what the critic made of it. Per-token arrays are of the response, [R]. */
export interface Experience extends Rollout {
  /** The reward model's score, as it gave it. */
  score: number;
  /** KL estimate to the reference, summed over the response, in nats. */
  kl: number;
  values: Float32Array;
  advantages: Float32Array;
  returns: Float32Array;
}

export interface ExperienceOptions extends ScoreRules {
  klEstimator: KlEstimator;
  gamma: number;
  lam: number;
  whitenRewards: boolean;
  whitenAdvantages: boolean;
}

/**
 * From scores and values to advantages: the score less β·KL a token, whitened rewards if asked for (without moving
 * their mean), GAE, whitened advantages.
 * @param scores [n] @param values [R] for each rollout
 */
export function makeExperience(
  rollouts: readonly Rollout[],
  scores: ArrayLike<number>,
  values: readonly Float32Array[],
  klCoef: number,
  options: ExperienceOptions,
): Experience[] {
  const shaped = rollouts.map((rollout, i) =>
    shapeRewards({
      logprobs: rollout.logProbs,
      refLogprobs: rollout.refLogProbs,
      score: adjustScore(scores[i], rollout.endsWithEos, options),
      klCoef,
      klEstimator: options.klEstimator,
    }),
  );
  const rewards = shaped.map((one) => one.rewards);
  const used = options.whitenRewards ? whitenSequences(rewards, { shiftMean: false }) : rewards;
  const estimates = used.map((row, i) => generalizedAdvantages(row, values[i], options));
  const raw = estimates.map(({ advantages }) => advantages);
  const advantages = options.whitenAdvantages ? whitenSequences(raw) : raw;
  return rollouts.map((rollout, i) => ({
    ...rollout,
    score: scores[i],
    kl: shaped[i].kl,
    values: values[i],
    advantages: Float32Array.from(advantages[i]),
    returns: Float32Array.from(estimates[i].returns),
  }));
}
