import { createRunningMoments } from '../math';
import type { Sample } from '../run/events';
import type { Critic } from './critic';
import type { SampleResponses } from './rollout';

/** How the policy does on held-out prompts. */
export interface PpoEvaluation {
  /** Mean and standard deviation of the reward model's scores. */
  reward: number;
  rewardStd: number;
  samples: Sample[];
  /** What else can be measured on the responses, such as exactMatch. */
  metrics: Record<string, number>;
}

/** Turns token ids into what people read, and measures what can be checked. */
export type DescribeResponses = (
  responses: readonly { promptIndex: number; response: readonly number[]; reward: number }[],
) => Promise<{ samples: Sample[]; metrics: Record<string, number> }>;

/** Samples responses to the held-out prompts, always with the same seed, and scores them. */
export async function evaluatePolicy(
  prompts: readonly (readonly number[])[],
  sampleResponses: SampleResponses,
  critic: Critic,
  describe: DescribeResponses,
  seed: number,
): Promise<PpoEvaluation> {
  const responses = await sampleResponses(prompts, seed);
  const dialogues = prompts.map((prompt, i) => ({ prompt, response: responses[i].tokens }));
  const scores = await critic.score(dialogues);
  const moments = createRunningMoments();
  for (const score of scores) moments.push(score);
  const described = await describe(
    responses.map(({ tokens }, promptIndex) => ({
      promptIndex,
      response: tokens,
      reward: scores[promptIndex],
    })),
  );
  return { reward: moments.mean, rewardStd: moments.std, ...described };
}
