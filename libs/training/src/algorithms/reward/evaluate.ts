import type { TokenizedPreference } from '@open-chatgpt/datasets';
import type { Model } from '@open-chatgpt/models';
import { pairwiseMetrics } from '../../losses/pairwise-loss';
import { RewardScorer, type ScorerOptions } from './scorer';

export interface PairEvaluation {
  loss: number;
  /** Share of the held-out pairs whose chosen response scores higher. */
  accuracy: number;
  /** Mean of r(chosen) − r(rejected). */
  margin: number;
  chosenScores: Float64Array;
  rejectedScores: Float64Array;
}

/** Loss, accuracy and margin on held-out pairs. Throws StepAbandoned on abort. */
export function createPairEvaluator(
  model: Model,
  pairs: readonly TokenizedPreference[],
  options: ScorerOptions,
  signal?: AbortSignal,
) {
  const scorer = new RewardScorer(model, options);
  return async (): Promise<PairEvaluation> => {
    const responses = [...pairs.map((pair) => pair.chosenIds), ...pairs.map((pair) => pair.rejectedIds)];
    const scores = await scorer.score(responses, signal);
    const [chosenScores, rejectedScores] = [scores.subarray(0, pairs.length), scores.subarray(pairs.length)];
    const weights = pairs.map((pair) => pair.weight);
    return { ...pairwiseMetrics(chosenScores, rejectedScores, { weights }), chosenScores, rejectedScores };
  };
}
