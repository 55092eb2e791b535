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
import { jsonObject } from './json-object';

const run = { runId, pipelineId, stage, algorithm };
const attempt = z.int().min(1).describe('counts the starts of the run; only the highest may write');
const step = count.describe('optimizer steps done (PPO: iterations)');
const reason = text(1024).optional();

const runRequested = defineEvent({
  type: 'run.requested',
  kind: 'command',
  description: 'Train one stage of a pipeline.',
  keyFields: ['runId'],
  data: z.strictObject({
    ...run,
    config: jsonObject.describe('the pipeline file, complete: with defaults and references'),
    inputs: z.strictObject({
      models: z
        .strictObject({
          base: dataref.optional().describe('the model to start from'),
          reference: dataref.optional().describe('the model that the distance is measured from'),
          rewardModel: dataref.optional().describe('the model that scores'),
        } satisfies Record<ModelRole, z.ZodType>)
        .describe('those that lie in the store; the others are named in the configuration'),
      datasets: z
        .array(
          z.strictObject({
            role: z.enum(dataRoles).describe('what its rows are'),
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
  description: 'A worker has begun, or resumed, the run.',
  keyFields: ['runId'],
  data: z.strictObject({
    ...run,
    attempt,
    step: step.describe('steps already done: more than 0 after a resume'),
    totalSteps: count,
    worker: text(256).describe('the process at work'),
    info: facts.describe('parameters, examples, device …'),
  }),
});

const runProgressed = defineEvent({
  type: 'run.progressed',
  kind: 'fact',
  description: 'Steps were taken, or an evaluation was made.',
  keyFields: ['runId'],
  data: z.strictObject({
    ...run,
    attempt,
    phase: z.enum(['training', 'evaluation']),
    step,
    totalSteps: count,
    metrics,
    tokens: count.optional().describe('processed since the last such event'),
    seconds: seconds.optional().describe('that they took'),
    samples: z
      .array(
        z.strictObject({
          prompt: text(16_384),
          response: text(16_384),
          reward: z.number().optional().describe('score of the reward model'),
          reference: text(16_384).optional().describe('the answer to compare with'),
        }),
      )
      .max(32)
      .optional()
      .describe('answers for people to read'),
  }),
});

const checkpointed = z.strictObject({
  ...run,
  attempt,
  step,
  checkpoint: dataref.describe('its manifest, written last'),
});

const runCheckpointed = defineEvent({
  type: 'run.checkpointed',
  kind: 'fact',
  description: 'A checkpoint is in the store, complete and verified.',
  keyFields: ['runId'],
  data: checkpointed,
});

const latestCheckpoint = defineEvent({
  type: 'run.latest-checkpoint',
  kind: 'state',
  description: 'The checkpoint from which the run would resume.',
  keyFields: ['runId'],
  data: checkpointed,
});

const runCompleted = defineEvent({
  type: 'run.completed',
  kind: 'fact',
  description: 'The run has done all its steps.',
  keyFields: ['runId'],
  data: z.strictObject({
    ...run,
    attempt,
    step,
    summary: facts,
    model: dataref.optional().describe('manifest of the model it made'),
    ledger: z
      .strictObject({ generated: count, trained: count, dropped: countsByReason })
      .optional()
      .describe('of the samples of PPO: generated = trained + the sum of dropped'),
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
    step,
    error: failure,
    checkpoint: dataref.optional().describe('manifest of the last good one'),
  }),
});

const runCancelRequested = defineEvent({
  type: 'run.cancel-requested',
  kind: 'command',
  description: 'Stop the run at the next step, after a checkpoint.',
  keyFields: ['runId'],
  data: z.strictObject({ ...run, reason }),
});

const runCancelled = defineEvent({
  type: 'run.cancelled',
  kind: 'fact',
  description: 'The run has stopped because it was asked to.',
  keyFields: ['runId'],
  data: z.strictObject({
    ...run,
    attempt,
    step,
    reason,
    checkpoint: dataref.optional().describe('manifest of the one from which it can be resumed'),
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
  latestCheckpoint,
] as const;
