import { z } from 'zod';

/** A figure; null where the run did not measure it. */
const figure = z.number().nullable();
/** Whether an answer is right; null where that cannot be checked. */
const right = z.boolean().nullable();

const figureReportSchema = z.object({
  metric: z.string(),
  title: z.string(),
  format: z.enum(['number', 'share']),
  before: figure.describe('before the stage, or at its first step'),
  after: figure.describe('after the stage, or the mean of its last steps'),
  window: figure.describe('number of last steps that `after` is the mean of; null where it was evaluated'),
  verdict: z
    .enum(['better', 'worse'])
    .nullable()
    .describe('of the change; null where neither is known, and where another metric got worse for it'),
  remark: z.string().nullable().describe('why a change is not called better'),
});

const stageReportSchema = z.object({
  name: z.string().describe('name of the stage in the pipeline'),
  algorithm: z.string(),
  label: z.string().describe('the algorithm in tables, such as SFT'),
  datasets: z.array(z.string()).describe('paths of the datasets that it reads'),
  facts: z
    .record(z.string(), z.union([z.number(), z.string()]))
    .describe('counts of examples and parameters, as the stage reported them when it started'),
  figures: z
    .array(figureReportSchema)
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
      reference: z.string().nullable().describe('answer of the dataset'),
      before: z.string().describe('answer of the model before the stage'),
      after: z.string().describe('answer of the model after the stage'),
      rewardBefore: figure,
      rewardAfter: figure,
      rightBefore: right,
      rightAfter: right,
    }),
  ),
});

const pairComparisonSchema = z.object({
  stage: z.string(),
  label: z.string(),
  rows: z.array(
    z.object({
      prompt: z.string(),
      chosen: z.string().describe('the preferred answer'),
      rejected: z.string(),
      chosenBefore: z.number().describe('score of the preferred answer before the stage'),
      chosenAfter: z.number(),
      rejectedBefore: z.number(),
      rejectedAfter: z.number(),
    }),
  ),
});

const machineSchema = z.object({
  version: z.string().describe('of this project'),
  node: z.string(),
  platform: z.string(),
  processor: z.string(),
  cores: z.number().describe('cores that the process may use'),
  memoryMb: z.number(),
  threads: z.number().describe('threads of the engine; equal numbers give equal losses'),
});

export const reportSchema = z.object({
  formatVersion: z.literal(3),
  name: z.string(),
  startedAt: z.string().nullable(),
  machine: machineSchema.nullable().describe('where the last part of the run was executed'),
  stages: z.array(stageReportSchema).describe('the stages that ran, in their order'),
  comparison: comparisonSchema
    .nullable()
    .describe('answers to the same held-out prompts before and after the last stage that gave some'),
  pairs: pairComparisonSchema
    .nullable()
    .describe('held-out pairs with their scores before and after the last stage that made a reward model'),
  warnings: z.array(z.string()),
  seconds: z.number(),
  peakRssMb: figure.describe('null where the run has not ended yet'),
  config: z.string().describe('the resolved configuration, as YAML'),
});

/** report.json */
export type RunReport = z.output<typeof reportSchema>;
export type StageReport = z.output<typeof stageReportSchema>;
export type FigureReport = z.output<typeof figureReportSchema>;
export type Comparison = z.output<typeof comparisonSchema>;
export type PairComparison = z.output<typeof pairComparisonSchema>;
export type RunMachine = z.output<typeof machineSchema>;
