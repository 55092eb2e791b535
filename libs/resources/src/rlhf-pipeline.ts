import { z } from 'zod';
import { type CustomResource, datarefSchema, identifier, statusFields } from './object';
import { pinnedInputs, pipelineFields } from './pipeline-fields';
import { roleFields, scaledSettings, schedulingFields, trainerSettings } from './pods';

export const rlhfPipelineSpec = z.strictObject({
  ...pipelineFields,
  pipelineId: identifier
    .optional()
    .describe('id in the store and in events; <name>-<start of the uid> by default'),
  inputs: pinnedInputs
    .optional()
    .describe(
      'manifests of the datasets and models that it names; by default those of the Datasets and Models here',
    ),
  ...schedulingFields,
  ...roleFields,
  stagePods: z
    .record(
      z.string(),
      z.strictObject({
        trainer: trainerSettings.partial().optional(),
        rollouts: scaledSettings.partial().optional(),
        critics: scaledSettings.partial().optional(),
      }),
    )
    .optional()
    .describe('by stage: fields that replace those of trainer, rollouts and critics'),
});

const stageStatus = z.strictObject({
  name: z.string().max(32),
  algorithm: z.string().max(64),
  runName: z.string().max(253).optional().describe('the TrainingRun'),
  runId: z.string().max(128),
  status: z.enum(['waiting', 'running', 'completed', 'failed', 'cancelled']),
  model: datarefSchema.optional().describe('manifest of the trained model'),
  error: z.strictObject({ code: z.string().max(128), message: z.string().max(8192) }).optional(),
});

export const rlhfPipelineStatus = z.strictObject({
  ...statusFields,
  pipelineId: z.string().max(128).optional(),
  resumed: z.int().min(0).optional().describe('number of times it was resumed after a failure'),
  resumeRequest: z.string().max(256).optional().describe('last value of the annotation that asks to resume'),
  startTime: z.iso.datetime().optional(),
  completionTime: z.iso.datetime().optional(),
  stage: z.string().max(32).optional().describe('the stage that is executed'),
  stageIndex: z.string().max(16).optional().describe('its place, such as 2/3'),
  progressPercent: z.int().min(0).max(100).optional().describe('of the whole pipeline'),
  remainingSeconds: z.int().min(0).optional().describe('of the stage that is executed'),
  step: z.string().max(32).optional().describe('step of the stage, such as 120/1300'),
  gpus: z.int().min(0).optional().describe('GPUs that its pods use now'),
  metrics: z.record(z.string(), z.number()).optional().describe('the latest metrics of the stage'),
  models: z
    .record(z.string(), datarefSchema)
    .optional()
    .describe('models of the platform that it names, as they were when it began'),
  model: datarefSchema.optional().describe('manifest of the model of the last stage'),
  stages: z.array(stageStatus).max(32).optional(),
});

export type RlhfPipelineSpec = z.output<typeof rlhfPipelineSpec>;
export type RlhfPipelineStatus = z.output<typeof rlhfPipelineStatus>;
export type RlhfPipeline = CustomResource<'RlhfPipeline', RlhfPipelineSpec, RlhfPipelineStatus>;

/** The settings of the pods of a stage: those of the pipeline, under those of the stage. */
export function podsOfStage(
  spec: Pick<RlhfPipelineSpec, 'trainer' | 'rollouts' | 'critics' | 'stagePods'>,
  stage: string,
): Pick<RlhfPipelineSpec, 'trainer' | 'rollouts' | 'critics'> {
  const own = spec.stagePods?.[stage];
  return {
    trainer: { ...spec.trainer, ...own?.trainer },
    rollouts: { ...spec.rollouts, ...own?.rollouts },
    critics: { ...spec.critics, ...own?.critics },
  };
}

/** The id of a pipeline in the store and in events. One that is deleted and made again has another id, unless it is chosen. */
export const pipelineIdOf = ({ spec, metadata }: Pick<RlhfPipeline, 'spec' | 'metadata'>): string =>
  spec.pipelineId ?? `${metadata.name}-${metadata.uid.slice(0, 8)}`;
