import type { DataOf, Dataref } from '@open-chatgpt/events';
import {
  modelIdOf,
  modelOf,
  modelRoles,
  type PipelineConfig,
  type StageConfig,
  stageNamed,
  stageOf,
} from '@open-chatgpt/pipeline';
import { z } from 'zod';
import { dataref, identifier, status, time } from './fields';
import { newRun, type Run, type RunEvent, reopenedRun, runAfter, runSchema } from './run';

/** A submitted pipeline and its state. */
export const pipelineSchema = z.object({
  pipelineId: identifier,
  name: z.string(),
  status,
  createdAt: time,
  resumed: z.int().describe('number of times it was resumed'),
  requested: z.string().optional().describe('id of the latest request for a run that the bus has'),
  config: z.record(z.string(), z.unknown()).describe('the pipeline file, with defaults'),
  models: z
    .record(identifier, dataref)
    .optional()
    .describe('models of the platform that it names, by id, at the time of its submission'),
  stages: z.array(runSchema).describe('in order'),
  resource: z
    .object({
      namespace: z.string(),
      name: z.string(),
      uid: z.string(),
      version: z.string().describe('resourceVersion that the state follows at least'),
      resumeRequest: z.string().optional().describe('last value of the annotation that asks to resume'),
    })
    .optional()
    .describe('the RlhfPipeline, in a cluster'),
  deletedAt: time.optional().describe('its history stays'),
});

export type Pipeline = z.output<typeof pipelineSchema>;

/** @param models models of the platform that the file names, by id */
export function newPipeline(
  pipelineId: string,
  config: PipelineConfig,
  createdAt: string,
  models: Record<string, Dataref> = {},
): Pipeline {
  const stages = config.stages.map(({ name, uses }) =>
    newRun({ runId: `${pipelineId}-${name}`, pipelineId, stage: name, algorithm: uses }, createdAt),
  );
  // A copy as plain JSON, without undefined fields.
  const plain = JSON.parse(JSON.stringify(config)) as Record<string, unknown>;
  return {
    pipelineId,
    name: config.name,
    status: 'running',
    createdAt,
    resumed: 0,
    config: plain,
    ...(Object.keys(models).length > 0 && { models }),
    stages,
  };
}

/** The configuration of one stage. */
export function stageOfPipeline({ config }: Pipeline, name: string): StageConfig {
  return stageNamed(config as unknown as PipelineConfig, name);
}

/** The run to request next, or null while a stage runs or nothing is left to do. */
export function nextRequest(pipeline: Pipeline): DataOf<'run.requested'> | null {
  if (pipeline.status !== 'running') return null;
  const next = pipeline.stages.find(({ status }) => status !== 'completed');
  if (next?.status !== 'waiting') return null;
  const { runId, stage, algorithm } = next;
  return {
    runId,
    pipelineId: pipeline.pipelineId,
    stage,
    algorithm,
    generation: pipeline.resumed,
    config: pipeline.config,
    inputs: { models: modelInputs(pipeline, stage), datasets: [] },
  };
}

/** The inputs of a stage from the store: models of earlier stages and models of the platform. */
function modelInputs(pipeline: Pipeline, name: string): DataOf<'run.requested'>['inputs']['models'] {
  const stage = stageOfPipeline(pipeline, name);
  const inputs: DataOf<'run.requested'>['inputs']['models'] = {};
  for (const role of modelRoles) {
    const source = modelOf(pipeline.config as unknown as PipelineConfig, stage, role);
    if (!source || !('path' in source)) continue;
    const [earlier, id] = [stageOf(source.path), modelIdOf(source.path)];
    const model =
      earlier !== null
        ? pipeline.stages.find((run) => run.stage === earlier)?.model
        : id !== null
          ? pipeline.models?.[id]
          : undefined;
    if (model) inputs[role] = model;
  }
  return inputs;
}

/** The pipeline after an event of one of its runs. Idempotent. */
export function pipelineAfter(pipeline: Pipeline, event: RunEvent): Pipeline {
  const stages = pipeline.stages.map((run) => (run.runId === event.data.runId ? runAfter(run, event) : run));
  return { ...pipeline, stages, status: statusOf(stages, pipeline.status) };
}

/** The status of a pipeline that its stages imply; `otherwise` while they imply none. */
export function statusOf(stages: readonly Pick<Run, 'status'>[], otherwise: Run['status']): Run['status'] {
  const some = (status: Run['status']) => stages.some((run) => run.status === status);
  if (some('failed')) return 'failed';
  if (some('cancelled')) return 'cancelled';
  return stages.every(({ status }) => status === 'completed') ? 'completed' : otherwise;
}

/** The pipeline, resumed after a cancel or a failure. One that is running or completed stays as it is. */
export function resumedPipeline(pipeline: Pipeline): Pipeline {
  if (pipeline.status === 'completed' || pipeline.status === 'running') return pipeline;
  const { stages, resumed: before } = pipeline;
  const resumed = before + 1;
  return { ...pipeline, status: 'running', resumed, stages: stages.map((run) => reopenedRun(run, resumed)) };
}

/** The pipeline after its workers and the bus have ended together: no running stage runs any more. */
export function interruptedPipeline(pipeline: Pipeline): Pipeline {
  const status: Run['status'] = pipeline.status === 'running' ? 'waiting' : 'cancelled';
  const stages = pipeline.stages.map((run) => (run.status === 'running' ? { ...run, status } : run));
  return { ...pipeline, stages, requested: undefined };
}

/** The pipeline, cancelled unless it has ended. Its running stage ends with an event of its own. */
export function cancelledPipeline(pipeline: Pipeline): Pipeline {
  return pipeline.status === 'running' ? { ...pipeline, status: 'cancelled' } : pipeline;
}

/** Whether no event will follow: a cancelled pipeline ends when its running stage has stopped. */
export function pipelineHasEnded({ status, stages }: Pipeline): boolean {
  return status !== 'running' && !stages.some((run) => run.status === 'running');
}
