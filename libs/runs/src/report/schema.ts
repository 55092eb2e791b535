import { z } from 'zod';

/** A figure; null where the run did not measure it. */
const figure = z.number().nullable();

export const comparedSampleSchema = z.object({
  prompt: z.string(),
  sft: z.string().describe('answer of the model after SFT'),
  ppo: z.string().describe('answer of the model after PPO'),
  rewardSft: figure,
  rewardPpo: figure,
});

export const reportSchema = z.object({
  formatVersion: z.literal(1),
  name: z.string(),
  startedAt: z.string().nullable(),
  sft: z
    .object({
      lossFirst: figure,
      lossLast: figure,
      evalLossBefore: figure,
      evalLossAfter: figure,
      exactMatch: figure.describe('share of held-out answers that are exactly right, after SFT'),
      steps: z.number(),
      tokens: z.number(),
      tokensPerSecond: figure,
    })
    .nullable(),
  reward: z
    .object({
      lossFirst: figure,
      lossLast: figure,
      accuracyBefore: figure,
      accuracyAfter: figure,
      pairsEval: figure,
      steps: z.number(),
      tokens: z.number(),
      tokensPerSecond: figure,
    })
    .nullable(),
  ppo: z
    .object({
      rewardFirst: figure.describe('mean reward on held-out prompts before PPO'),
      rewardLast: figure.describe('the same after PPO'),
      rewardStdFirst: figure,
      klLast: figure,
      exactMatchFirst: figure,
      exactMatchLast: figure,
      iterations: z.number(),
      generated: z.number(),
      trained: z.number(),
      dropped: z.record(z.string(), z.number()),
      timeShares: z
        .object({ rollout: figure, score: figure, learn: figure })
        .describe(
          'shares of the time of an iteration: sampling and its log-probabilities, scoring, learning',
        ),
      tokens: z.number(),
      tokensPerSecond: figure,
    })
    .nullable(),
  samples: z.array(comparedSampleSchema),
  warnings: z.array(z.string()),
  seconds: z.number(),
  peakRssMb: z.number(),
  config: z.string().describe('the resolved configuration, as YAML'),
});

/** report.json */
export type RunReport = z.output<typeof reportSchema>;
export type ComparedSample = z.output<typeof comparedSampleSchema>;
