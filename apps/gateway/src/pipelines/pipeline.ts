import type { DataOf, Dataref } from '@open-chatgpt/events';
import {
  type ModelReferences,
  type PipelineConfig,
  type StageName,
  stageNames,
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
      .object({ model: dataref.optional(), rewardModel: dataref.optional() })
      .optional()
      .describe('of the platform that it names, as they were when it was submitted'),
    stages: z.array(runSchema).describe('in the order in which they run'),
  })
  .register(apiSchemas, { id: 'Pipeline' });

export type Pipeline = z.output<typeof pipelineSchema>;

/** @param models those of the platform that the file names */
export function newPipeline(
  pipelineId: string,
  config: PipelineConfig,
  createdAt: string,
  models?: ModelReferences<Dataref>,
): Pipeline {
  const stages = stageNames
    .filter((stage) => config[stage])
    .map((stage) => newRun({ runId: `${pipelineId}-${stage}`, pipelineId, stage }, createdAt));
  // As JSON would give it back: without what is undefined.
  const plain = JSON.parse(JSON.stringify(config)) as Record<string, unknown>;
  return {
    pipelineId,
    name: config.name,
    status: 'running',
    createdAt,
    resumed: 0,
    config: plain,
    ...(models && Object.keys(models).length > 0 && { models }),
    stages,
  };
}

/** What to ask for next, or null while a stage is at work or nothing is left to do. */
export function nextRequest(pipeline: Pipeline): DataOf<'run.requested'> | null {
  if (pipeline.status !== 'running') return null;
  const next = pipeline.stages.find(({ status }) => status !== 'completed');
  if (next?.status !== 'waiting') return null;
  const modelOf = (stage: StageName) => pipeline.stages.find((run) => run.stage === stage)?.model;
  const { model, rewardModel } = pipeline.models ?? {};
  return {
    runId: next.runId,
    pipelineId: pipeline.pipelineId,
    stage: next.stage,
    config: pipeline.config,
    inputs: {
      // Every later stage starts from the SFT model, where there is one; the reward model only judges.
      model: next.stage === 'sft' ? model : (modelOf('sft') ?? model),
      rewardModel: next.stage === 'ppo' ? (modelOf('reward') ?? rewardModel) : undefined,
      datasets: [],
    },
  };
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

/** Whether nothing more will happen: a cancelled pipeline still waits for the stage at work to stop. */
export function hasEnded({ status, stages }: Pipeline): boolean {
  return status !== 'running' && !stages.some((run) => run.status === 'running');
}
