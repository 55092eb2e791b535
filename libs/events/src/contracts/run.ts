import { dataRoles, type ModelRole } from '@open-chatgpt/pipeline';
import { z } from 'zod';
import { defineEvent } from '../define-event';
import { dataref } from './dataref';
import {
  algorithm,
  count,
  countsByReason,
  facts,
  failure,
  identifier,
  metrics,
  pipelineId,
  runId,
  seconds,
  stage,
  text,
} from './fields';
import { runConfig } from './run-config';

const run = { runId, pipelineId, stage, algorithm };
const attempt = z
  .int()
  .min(1)
  .describe('number of times the run was started: a fencing token, only the highest may write');
const step = count.describe('optimizer steps completed (PPO: iterations)');
const generation = count.optional();

const runRequested = defineEvent({
  type: 'run.requested',
  kind: 'command',
  description: 'Train one stage of a pipeline.',
  keyFields: ['runId'],
  data: z.strictObject({
    ...run,
    generation: generation.describe(
      'number of times the run was resumed on request, 0 by default; to continue a run that has ended, send a higher one',
    ),
    config: runConfig.describe('the pipeline file, with defaults and references'),
    inputs: z.strictObject({
      models: z
        .strictObject({
          base: dataref.optional().describe('the model to train'),
          reference: dataref.optional().describe('the model to stay close to'),
          rewardModel: dataref.optional().describe('the model that scores'),
        } satisfies Record<ModelRole, z.ZodType>)
        .describe('models of the store; the configuration names the others'),
      datasets: z
        .array(
          z.strictObject({
            role: z.enum(dataRoles).describe('kind of its rows'),
            datasetId: identifier,
            manifest: dataref,
          }),
        )
        .max(64),
    }),
  }),
});

const runStarted = defineEvent({
  type: 'run.started',
  kind: 'fact',
  description: 'A worker has started or resumed the run.',
  keyFields: ['runId'],
  data: z.strictObject({
    ...run,
    attempt,
    step: step.describe('steps completed before: more than 0 after a resume'),
    totalSteps: count,
    worker: text(256).describe('the process that executes the run'),
    info: facts.describe('parameters, examples, device …'),
  }),
});

const runProgressed = defineEvent({
  type: 'run.progressed',
  kind: 'fact',
  description: 'The run has taken steps, or an evaluation.',
  keyFields: ['runId'],
  data: z.strictObject({
    ...run,
    attempt,
    phase: z.enum(['training', 'evaluation']),
    step,
    totalSteps: count,
    metrics,
    tokens: count.optional().describe('tokens processed since the previous event'),
    seconds: seconds.optional().describe('time that they took'),
    samples: z
      .array(
        z.strictObject({
          prompt: text(16_384),
          response: text(16_384),
          reward: z.number().optional().describe('score of the reward model'),
          reference: text(16_384).optional().describe('the expected answer'),
          right: z.boolean().optional().describe('whether the response is right, where that can be checked'),
          rejected: z
            .strictObject({ response: text(16_384), reward: z.number() })
            .optional()
            .describe('the other answer of a pair, of which the response is the preferred one'),
        }),
      )
      .max(32)
      .optional()
      .describe('answers of the model, or pairs with their scores'),
  }),
});

const runCheckpointed = defineEvent({
  type: 'run.checkpointed',
  kind: 'fact',
  description: 'A checkpoint is in the store, complete and verified.',
  keyFields: ['runId'],
  data: z.strictObject({ ...run, attempt, step, checkpoint: dataref.describe('manifest of the checkpoint') }),
});

const runCompleted = defineEvent({
  type: 'run.completed',
  kind: 'fact',
  description: 'The run has completed all its steps.',
  keyFields: ['runId'],
  data: z.strictObject({
    ...run,
    attempt,
    step,
    summary: facts,
    model: dataref.optional().describe('manifest of the trained model'),
    ledger: z
      .strictObject({ generated: count, trained: count, dropped: countsByReason })
      .optional()
      .describe('samples of PPO: generated = trained + the sum of dropped'),
  }),
});

const runFailed = defineEvent({
  type: 'run.failed',
  kind: 'fact',
  description: 'The run has stopped with an error.',
  keyFields: ['runId'],
  data: z.strictObject({
    ...run,
    attempt,
    generation: generation.describe('of the request that has failed'),
    step,
    error: failure,
  }),
});

const runCancelRequested = defineEvent({
  type: 'run.cancel-requested',
  kind: 'command',
  description: 'Stop the run at its next step, with a checkpoint.',
  keyFields: ['runId'],
  data: z.strictObject({
    ...run,
    generation: generation.describe(
      'cancels the requests up to this generation, 0 by default; a request with a higher one continues the run',
    ),
  }),
});

const runCancelled = defineEvent({
  type: 'run.cancelled',
  kind: 'fact',
  description: 'The run has stopped on request.',
  keyFields: ['runId'],
  data: z.strictObject({
    ...run,
    attempt,
    generation: generation.describe('of the request that was cancelled'),
    step,
  }),
});

export const runContracts = [
  runRequested,
  runCancelRequested,
  runStarted,
  runProgressed,
  runCheckpointed,
  runCompleted,
  runFailed,
  runCancelled,
] as const;
