import { explainedVariance } from '../../losses/explained-variance';
import type { ScoredRollout } from './experience';
import type { ItemResult } from './work-item';

/** What an iteration's experience tells before anything is learned from it. */
export function experienceMetrics(samples: readonly ScoredRollout[]): Record<string, number> {
  return {
    reward: mean(samples, ({ score }) => score),
    kl: mean(samples, ({ kl }) => kl),
    entropy: mean(samples, ({ logProbs }) => -logProbs.reduce((a, b) => a + b, 0) / logProbs.length),
    responseLength: mean(samples, ({ response }) => response.length),
    explainedVariance: explainedVariance(
      samples.flatMap(({ values }) => Array.from(values)),
      samples.flatMap(({ returns }) => Array.from(returns, Math.fround)),
    ),
  };
}

/**
 * Where the time of an iteration went. Rollout and score seconds are those of all workers together, so with several of
 * them they are of the work, not of the clock; `queueSeconds` is how long an item waited in line, in the mean.
 */
export function timeMetrics(results: readonly ItemResult[], learnSeconds: number): Record<string, number> {
  const sum = (of: (result: ItemResult) => number) => results.reduce((total, one) => total + of(one), 0);
  return {
    rolloutSeconds: sum(({ seconds }) => seconds.rollout),
    scoreSeconds: sum(({ seconds }) => seconds.score),
    learnSeconds,
    queueSeconds: mean(results, ({ seconds }) => seconds.queue),
    staleness: mean(results, ({ staleness }) => staleness),
  };
}

export function mean<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0) / items.length;
}
