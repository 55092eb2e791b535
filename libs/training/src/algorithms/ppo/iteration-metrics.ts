import { usesValues } from '@open-chatgpt/pipeline';
import { explainedVariance } from '../../losses/explained-variance';
import type { ScoredRollout } from './experience';
import type { BatchResult } from './rollout-batch';

/** Metrics of the experience of an iteration, before the models learn from it. */
export function experienceMetrics(
  samples: readonly ScoredRollout[],
  config: Parameters<typeof usesValues>[0],
): Record<string, number> {
  return {
    reward: mean(samples, ({ score }) => score),
    kl: mean(samples, ({ kl }) => kl),
    entropy: mean(samples, ({ logProbs }) => -logProbs.reduce((a, b) => a + b, 0) / logProbs.length),
    responseLength: mean(samples, ({ response }) => response.length),
    ...(usesValues(config) && {
      explainedVariance: explainedVariance(
        samples.flatMap(({ values }) => Array.from(values)),
        samples.flatMap(({ returns }) => Array.from(returns, Math.fround)),
      ),
    }),
  };
}

/**
 * The times of an iteration. `rolloutSeconds` and `scoreSeconds` are sums over all workers, so they can exceed the elapsed
 * time. `queueSeconds` is the mean time that a batch waited in queues.
 */
export function timeMetrics(results: readonly BatchResult[], learnSeconds: number): Record<string, number> {
  const sum = (of: (result: BatchResult) => number) => results.reduce((total, one) => total + of(one), 0);
  return {
    rolloutSeconds: sum(({ seconds }) => seconds.rollout),
    scoreSeconds: sum(({ seconds }) => seconds.score),
    learnSeconds,
    queueSeconds: mean(results, ({ seconds }) => seconds.queue),
    staleness: mean(results, ({ staleness }) => staleness),
  };
}

function mean<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0) / items.length;
}
