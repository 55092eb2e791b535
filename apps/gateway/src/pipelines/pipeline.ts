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
import { apiSchemas, dataref, identifier, status, time } from '../api/schemas';
import { applied as appliedToRun, newRun, type Run, type RunEvent, reopened, runSchema } from '../runs/run';

/** A pipeline as it was submitted, and how far it is. */
export const pipelineSchema = z
  .object({
    pipelineId: identifier,
    name: z.string(),
    status,
    createdAt: time,
    resumed: z.int().describe('how often'),
    config: z.record(z.string(), z.unknown()).describe('the pipeline file, with defaults'),
    models: z
      .record(identifier, dataref)
      .optional()
      .describe('those of the platform that it names, by id, as they were when it was submitted'),
    stages: z.array(runSchema).describe('in the order in which they run'),
  })
  .register(apiSchemas, { id: 'Pipeline' });

export type Pipeline = z.output<typeof pipelineSchema>;

/** @param models those of the platform that the file names, by id */
export function newPipeline(
  pipelineId: string,
  config: PipelineConfig,
  createdAt: string,
  models: Record<string, Dataref> = {},
): Pipeline {
  const stages = config.stages.map(({ name, uses }) =>
    newRun({ runId: `${pipelineId}-${name}`, pipelineId, stage: name, algorithm: uses }, createdAt),
  );
  // As JSON would give it back: without what is undefined.
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

/** The configuration of one of its stages. */
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
    config: pipeline.config,
    inputs: { models: modelInputs(pipeline, stage), datasets: [] },
  };
}

/** The models of a stage that lie in the store: those that earlier stages made, and those of the platform. */
function modelInputs(pipeline: Pipeline, name: string): DataOf<'run.requested'>['inputs']['models'] {
  const stage = stageOfPipeline(pipeline, name);
  const inputs: DataOf<'run.requested'>['inputs']['models'] = {};
  for (const role of modelRoles) {
    const source = modelOf(pipeline.config as unknown as PipelineConfig, stage, role);
    if (!source || !('path' in source)) continue;
    const [made, id] = [stageOf(source.path), modelIdOf(source.path)];
    const model =
      made !== null
        ? pipeline.stages.find((run) => run.stage === made)?.model
        : id !== null
          ? pipeline.models?.[id]
          : undefined;
    if (model) inputs[role] = model;
  }
  return inputs;
}

/** What an event of one of its runs makes of a pipeline. The same event twice changes nothing more. */
export function applied(pipeline: Pipeline, event: RunEvent): Pipeline {
  const stages = pipeline.stages.map((run) =>
    run.runId === event.data.runId ? appliedToRun(run, event) : run,
  );
  const some = (status: Run['status']) => stages.some((run) => run.status === status);
  const status = some('failed')
    ? 'failed'
    : some('cancelled')
      ? 'cancelled'
      : stages.every((run) => run.status === 'completed')
        ? 'completed'
        : pipeline.status;
  return { ...pipeline, stages, status };
}

/** The pipeline as it goes on after a cancel or a failure; a completed one stays as it is. */
export function resumed(pipeline: Pipeline): Pipeline {
  if (pipeline.status === 'completed') return pipeline;
  const { stages, resumed: before } = pipeline;
  return { ...pipeline, status: 'running', resumed: before + 1, stages: stages.map(reopened) };
}

/** Whether nothing more will happen: a cancelled pipeline still waits for the running stage to stop. */
export function hasEnded({ status, stages }: Pipeline): boolean {
  return status !== 'running' && !stages.some((run) => run.status === 'running');
}
