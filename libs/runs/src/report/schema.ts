import { z } from 'zod';

/** A figure; null where the run did not measure it. */
const figure = z.number().nullable();

const stageReportSchema = z.object({
  name: z.string().describe('name of the stage in the pipeline'),
  algorithm: z.string(),
  label: z.string().describe('the algorithm in tables, such as SFT'),
  figures: z
    .array(
      z.object({
        metric: z.string(),
        title: z.string(),
        format: z.enum(['number', 'share']),
        better: z.enum(['lower', 'higher']).nullable().describe('the direction that is an improvement'),
        before: figure.describe('before the stage, or at its first step'),
        after: figure.describe('after the stage, or at its last step'),
      }),
    )
    .describe('headline figures; held-out where their title does not say otherwise'),
  steps: z.number(),
  tokens: z.number(),
  tokensPerSecond: figure,
  timeShares: z
    .record(z.string(), z.number())
    .optional()
    .describe('shares of the time of a step, by what it is spent on'),
  ledger: z
    .object({ generated: z.number(), trained: z.number(), dropped: z.record(z.string(), z.number()) })
    .optional()
    .describe('of the samples that the stage generated: generated = trained + the sum of dropped'),
});

const comparisonSchema = z.object({
  stage: z.string(),
  label: z.string(),
  rows: z.array(
    z.object({
      prompt: z.string(),
      before: z.string().describe('answer of the model before the stage'),
      after: z.string().describe('answer of the model after the stage'),
      rewardBefore: figure,
      rewardAfter: figure,
    }),
  ),
});

export const reportSchema = z.object({
  formatVersion: z.literal(2),
  name: z.string(),
  startedAt: z.string().nullable(),
  stages: z.array(stageReportSchema).describe('the stages that ran, in their order'),
  comparison: comparisonSchema
    .nullable()
    .describe('answers to the same held-out prompts before and after the last stage that gave some'),
  warnings: z.array(z.string()),
  seconds: z.number(),
  peakRssMb: z.number(),
  config: z.string().describe('the resolved configuration, as YAML'),
});

/** report.json */
export type RunReport = z.output<typeof reportSchema>;
export type StageReport = z.output<typeof stageReportSchema>;
export type Comparison = z.output<typeof comparisonSchema>;
