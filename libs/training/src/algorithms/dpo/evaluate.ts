import type { TokenizedPreference } from '@open-chatgpt/datasets';
import type { Model } from '@open-chatgpt/models';
import { BatchForward, type ForwardOptions } from '../responses/batch-forward';
import type { ResponseEvaluation } from '../responses/response-run';
import { implicitRewards, rewardMetrics } from './implicit-rewards';
import { type DpoLossOptions, dpoObjective } from './objective';
import { pairBatching } from './pair-batch';
import { gatherPairs, type PairLogProbs, scatterPairs } from './reference';

/**
 * The loss and the implicit rewards on held-out pairs. With a reference, before the first update all rewards are 0, and so the
 * accuracy is ½.
 * @param refLogProbs [2P]: of these pairs under the reference
 */
export function createPairEvaluator(
  model: Model,
  pairs: readonly TokenizedPreference[],
  refLogProbs: PairLogProbs,
  options: ForwardOptions & DpoLossOptions,
): () => Promise<ResponseEvaluation> {
  const objective = dpoObjective(options);
  const forward = new BatchForward(
    model,
    (on) => on.context.graph.output('loss', objective(on)),
    pairBatching,
    options,
  );
  return async () => {
    const logProbs = new Float32Array(refLogProbs.length);
    let loss = 0;
    await forward.run(
      pairs,
      (indices, count) => ({
        refLogProbs: gatherPairs(refLogProbs, indices),
        weights: Float32Array.from(indices, (index) => pairs[index].weight),
        shares: new Float32Array(indices.length).fill(1 / pairs.length, 0, count),
      }),
      (outputs, indices) => {
        loss += outputs.loss.floats[0];
        scatterPairs(outputs.logProbs.floats, indices, logProbs);
      },
    );
    const rewards = implicitRewards(logProbs, refLogProbs, pairs, options);
    return { loss, metrics: rewardMetrics(rewards, logProbs, pairs) };
  };
}
