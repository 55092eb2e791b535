import { type KlEstimator, tokenKl } from './kl';
import type { Numbers } from './numbers';

export interface ScoreRules {
  /** Scores are clipped to ± this value; null does not clip. */
  rewardClip: number | null;
  /** Subtracted from the score of a response without EOS (TRL's missing_eos_penalty). */
  missingEosPenalty: number;
  /** Replaces the score of a response without EOS (lm-human-preferences); null: subtract the penalty instead. */
  missingEosScore: number | null;
}

/** The score for PPO. Clipping precedes the penalty, so that the penalty always has its full effect. */
export function adjustScore(score: number, endsWithEos: boolean, rules: ScoreRules): number {
  const { rewardClip, missingEosPenalty, missingEosScore } = rules;
  const clipped = rewardClip === null ? score : Math.max(-rewardClip, Math.min(rewardClip, score));
  if (endsWithEos) return clipped;
  return missingEosScore ?? clipped - missingEosPenalty;
}

export interface ShapedRewards {
  /** Reward of each response token, [T]. */
  rewards: Float64Array;
  /** KL estimate summed over the response, in nats. */
  kl: number;
}

/**
 * −β·KLₜ at each response token, with the score added at the last one.
 * Source: Ziegler et al. 2019, arXiv:1909.08593, §2; Ouyang et al. 2022, arXiv:2203.02155, §3.5.
 * @param logprobs log-probability of each sampled response token under the policy, [T]
 * @param refLogprobs the same under the reference, [T]
 * @throws Error when the response is empty: it has no token for the score, so drop it with a reason
 */
export function shapeRewards(options: {
  logprobs: Numbers;
  refLogprobs: Numbers;
  score: number;
  klCoef: number;
  klEstimator: KlEstimator;
}): ShapedRewards {
  const perToken = tokenKl(options.klEstimator, options.logprobs, options.refLogprobs);
  if (perToken.length === 0)
    throw new Error('shaping rewards: the response is empty; drop the sample instead');
  const rewards = perToken.map((kl) => -options.klCoef * kl);
  rewards[rewards.length - 1] += options.score;
  return { rewards, kl: perToken.reduce((sum, kl) => sum + kl, 0) };
}
