import { EVENTS } from '@open-chatgpt/events';
import { modelRoles } from '@open-chatgpt/pipeline';
import { z } from 'zod';
import { type CustomResource, datarefSchema, identifier, immutable, statusFields } from './object';
import { pipelineFields } from './pipeline-fields';
import { roleFields, schedulingFields } from './pods';

const name = (text: string) => z.string().max(128).describe(text);

const pipelineField = z
  .strictObject({ name: z.string().max(63), ...pipelineFields })
  .meta(immutable)
  .describe('the pipeline file of which the run executes one stage');

export const trainingRunSpec = z.strictObject({
  pipeline: pipelineField,
  stage: z.string().max(32).meta(immutable).describe('name of the stage to execute'),
  runId: identifier
    .optional()
    .describe('id in the store and in events; <name>-<start of the uid> by default'),
  pipelineId: identifier.optional().describe('the pipeline that the run belongs to'),
  inputs: z
    .strictObject({
      models: z
        .strictObject(
          Object.fromEntries(modelRoles.map((role) => [role, datarefSchema.optional()])) as Record<
            (typeof modelRoles)[number],
            z.ZodOptional<typeof datarefSchema>
          >,
        )
        .prefault({})
        .describe('manifests of models in the store, by role'),
      datasets: z
        .array(
          z.strictObject({
            role: EVENTS['run.requested'].data.shape.inputs.shape.datasets.element.shape.role,
            datasetId: name('the dataset'),
            manifest: datarefSchema,
          }),
        )
        .max(64)
        .default([])
        .describe('manifests of datasets in the store'),
    })
    .prefault({})
    .meta(immutable)
    .describe('what the stage reads from the store'),
  ...schedulingFields,
  ...roleFields,
});

const workers = z.strictObject({
  replicas: z.int().min(0),
  ready: z.int().min(0),
  selector: z.string().max(1024).describe('label selector of the pods'),
});

export const trainingRunStatus = z.strictObject({
  ...statusFields,
  runId: name('id in the store and in events').optional(),
  algorithm: name('algorithm of the stage').optional(),
  jobName: name('the Job that executes the run').optional(),
  resumed: z.int().min(0).optional().describe('number of times it was resumed after a failure'),
  resumeRequest: z.string().max(256).optional().describe('last value of the annotation that asks to resume'),
  startTime: z.iso.datetime().optional(),
  completionTime: z.iso.datetime().optional(),
  attempt: z.int().min(0).optional().describe('number of times that a worker has claimed the run'),
  step: z.int().min(0).optional(),
  totalSteps: z.int().min(0).optional(),
  progressPercent: z.int().min(0).max(100).optional(),
  remainingSeconds: z.int().min(0).optional().describe('estimate from the speed of the latest steps'),
  lastProgressTime: z.iso.datetime().optional(),
  metrics: z.record(z.string(), z.number()).optional().describe('the latest metrics'),
  checkpoint: z
    .strictObject({ step: z.int().min(0), manifest: datarefSchema })
    .optional()
    .describe('the newest checkpoint in the store'),
  model: datarefSchema.optional().describe('manifest of the trained model'),
  worker: z.string().max(256).optional().describe('pod and process that execute it'),
  failures: z.int().min(0).optional().describe('failures that count against backoffLimit'),
  disruptions: z.int().min(0).optional().describe('evictions, preemptions and lost nodes; not counted'),
  executionAttempts: z
    .array(
      z.strictObject({
        pod: name('name of the pod'),
        uid: name('uid of the pod'),
        node: name('node of the pod').optional(),
        startTime: z.iso.datetime().optional(),
        endTime: z.iso.datetime().optional(),
        exitCode: z.int().optional(),
        reason: z
          .string()
          .max(128)
          .optional()
          .describe('how it ended: Completed, OOMKilled, Evicted, Interrupted …'),
        message: z.string().max(1024).optional(),
      }),
    )
    .max(10)
    .optional()
    .describe('the latest pods of the trainer'),
  rollouts: workers.optional(),
  critics: workers.optional(),
});

export type TrainingRunSpec = z.output<typeof trainingRunSpec>;
export type TrainingRunStatus = z.output<typeof trainingRunStatus>;
export type TrainingRun = CustomResource<'TrainingRun', TrainingRunSpec, TrainingRunStatus>;
