import type { DataOf, Dataref } from '@open-chatgpt/events';
import { type PipelineConfig, type StageName, stageNames } from '@open-chatgpt/rlhf';

export type Status = 'waiting' | 'running' | 'completed' | 'failed' | 'cancelled';

/** One stage of a submitted pipeline. */
export interface StageRun {
  stage: StageName;
  runId: string;
  status: Status;
  step: number;
  totalSteps: number;
  /** Figures of its end. */
  summary?: Record<string, number | string>;
  error?: { code: string; message: string };
  /** Manifest of the model that it made. */
  model?: Dataref;
}

/** A pipeline as it was submitted, and how far it is. */
export interface Pipeline {
  pipelineId: string;
  name: string;
  status: Status;
  submittedAt: string;
  config: PipelineConfig;
  stages: StageRun[];
}

export function newPipeline(pipelineId: string, config: PipelineConfig, submittedAt: string): Pipeline {
  const stages = stageNames
    .filter((stage) => config[stage])
    .map(
      (stage): StageRun => ({
        stage,
        runId: `${pipelineId}-${stage}`,
        status: 'waiting',
        step: 0,
        totalSteps: 0,
      }),
    );
  return { pipelineId, name: config.name, status: 'running', submittedAt, config, stages };
}

/** What to ask for next, or null while a stage is at work or nothing is left to do. */
export function nextRequest(pipeline: Pipeline): DataOf<'run.requested'> | null {
  if (pipeline.status !== 'running') return null;
  const next = pipeline.stages.find(({ status }) => status !== 'completed');
  if (next?.status !== 'waiting') return null;
  const modelOf = (stage: StageName) => pipeline.stages.find((run) => run.stage === stage)?.model;
  return {
    runId: next.runId,
    pipelineId: pipeline.pipelineId,
    stage: next.stage,
    config: plain(pipeline.config),
    inputs: {
      // Every later stage starts from the SFT model; the reward model only judges.
      model: next.stage === 'sft' ? undefined : modelOf('sft'),
      rewardModel: next.stage === 'ppo' ? modelOf('reward') : undefined,
      datasets: [],
    },
  };
}

/** What one thing that happened to a run makes of its pipeline. The same news twice changes nothing more. */
export function applied(pipeline: Pipeline, news: RunNews): Pipeline {
  const stages = pipeline.stages.map((run) =>
    run.runId === news.data.runId ? appliedToRun(run, news) : run,
  );
  const ended = (status: Status) => stages.some((run) => run.status === status);
  const status = ended('failed')
    ? 'failed'
    : ended('cancelled')
      ? 'cancelled'
      : stages.every((run) => run.status === 'completed')
        ? 'completed'
        : pipeline.status;
  return { ...pipeline, stages, status };
}

/** The events that tell how a run goes. */
export type RunNews = {
  [T in 'run.started' | 'run.progressed' | 'run.completed' | 'run.failed' | 'run.cancelled']: {
    type: T;
    data: DataOf<T>;
  };
}['run.started' | 'run.progressed' | 'run.completed' | 'run.failed' | 'run.cancelled'];

function appliedToRun(run: StageRun, { type, data }: RunNews): StageRun {
  if (run.status === 'completed') return run;
  const step = data.step;
  switch (type) {
    case 'run.started':
      return { ...run, status: 'running', step, totalSteps: data.totalSteps };
    case 'run.progressed':
      return { ...run, step, totalSteps: data.totalSteps };
    case 'run.completed':
      return { ...run, status: 'completed', step, summary: data.summary, model: data.model };
    case 'run.failed':
      return {
        ...run,
        status: 'failed',
        step,
        error: { code: data.error.code, message: data.error.message },
      };
    case 'run.cancelled':
      return { ...run, status: 'cancelled', step };
  }
}

/** As JSON would give it back: without what is undefined. */
function plain(config: PipelineConfig): Record<string, unknown> {
  return JSON.parse(JSON.stringify(config)) as Record<string, unknown>;
}
