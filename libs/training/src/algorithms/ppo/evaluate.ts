import type { Sample } from '@open-chatgpt/runs';
import { createRunningMoments } from '../../losses/running-moments';
import type { BatchResult } from './rollout-batch';

/** Quality of the policy on held-out prompts. */
export interface PpoEvaluation {
  /** Mean and standard deviation of the reward model's scores. */
  reward: number;
  rewardStd: number;
  samples: Sample[];
  /** Further measures of the responses, such as exactMatch. */
  metrics: Record<string, number>;
}

/** Decodes responses to text, and measures them where the right answer is known. */
export type DescribeResponses = (
  responses: readonly { promptIndex: number; response: readonly number[]; reward: number }[],
) => Promise<{ samples: Sample[]; metrics: Record<string, number> }>;

/** @param results answers to all `count` held-out prompts; a dropped one counts as empty and has no reward */
export async function summarizeEvaluation(
  results: readonly BatchResult[],
  count: number,
  describe: DescribeResponses,
): Promise<PpoEvaluation> {
  const responses = Array.from({ length: count }, (_, promptIndex) => ({
    promptIndex,
    response: [] as readonly number[],
    reward: Number.NaN,
  }));
  for (const { promptIndex, response, score } of results.flatMap(({ samples }) => samples))
    responses[promptIndex] = { promptIndex, response, reward: score };
  const moments = createRunningMoments();
  for (const { reward } of responses) if (Number.isFinite(reward)) moments.push(reward);
  return { reward: moments.mean, rewardStd: moments.std, ...(await describe(responses)) };
}
