import type { DataOf } from '@open-chatgpt/events';
import { datasetsOf, type PipelineConfig } from '@open-chatgpt/pipeline';
import { z } from 'zod';
import { algorithm, dataref, identifier, stage, status, time } from './fields';

const figures = z.record(z.string(), z.number());
const facts = z.record(z.string(), z.union([z.number(), z.string()]));

/** A run of one stage, as its events describe it. */
export const runSchema = z.object({
  runId: identifier,
  pipelineId: identifier.optional(),
  stage,
  algorithm,
  status,
  attempt: z.int().describe('number of times it was started'),
  reopenedAfter: z.int().optional().describe('the attempt before it was resumed the last time'),
  generation: z.int().optional().describe('number of times it was resumed on request'),
  step: z.int(),
  totalSteps: z.int(),
  createdAt: time,
  updatedAt: time,
  slowestSeconds: z
    .number()
    .optional()
    .describe('longest time between two events of this attempt, without standstills'),
  waitsFor: z
    .object({ since: time, message: z.string() })
    .optional()
    .describe('what a run that stands still waits for'),
  worker: z.string().optional().describe('the process that executes or executed it'),
  info: facts.optional().describe('parameters, examples, device …'),
  metrics: figures.optional().describe('the latest metrics'),
  summary: facts.optional().describe('metrics at its end'),
  ledger: z
    .object({ generated: z.int(), trained: z.int(), dropped: z.record(z.string(), z.int()) })
    .optional()
    .describe('samples of PPO: generated = trained + the sum of dropped, by reason'),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
  inputs: z
    .object({
      models: z.record(z.string(), dataref).describe('by role: base, reference, rewardModel'),
      datasets: z.array(identifier).describe('ids of datasets of the platform'),
      sources: z.array(z.string()).describe('datasets that the pipeline file names by path'),
    })
    .optional(),
  checkpoint: dataref.optional().describe('manifest of the latest checkpoint'),
  model: dataref.optional().describe('manifest of the trained model'),
});

export type Run = z.output<typeof runSchema>;

export const runEventTypes = [
  'run.requested',
  'run.started',
  'run.progressed',
  'run.checkpointed',
  'run.completed',
  'run.failed',
  'run.cancelled',
] as const;

type RunEventType = (typeof runEventTypes)[number];

/** An event of a run, without its envelope. */
export type RunEvent = {
  [T in RunEventType]: { id: string; time: string; type: T; data: DataOf<T> };
}[RunEventType];

export function newRun(
  { runId, pipelineId, stage, algorithm }: Pick<Run, 'runId' | 'pipelineId' | 'stage' | 'algorithm'>,
  createdAt: string,
): Run {
  return {
    runId,
    ...(pipelineId !== undefined && { pipelineId }),
    stage,
    algorithm,
    status: 'waiting',
    attempt: 0,
    step: 0,
    totalSteps: 0,
    createdAt,
    updatedAt: createdAt,
  };
}

/**
 * The run after an event. Idempotent. Late events of a worker that lost the run change nothing, and a completed run stays
 * completed.
 */
export function runAfter(run: Run, event: RunEvent): Run {
  if (event.type === 'run.requested') {
    const { generation = 0 } = event.data;
    const requested = generation > (run.generation ?? 0) ? reopenedRun(run, generation) : run;
    return { ...requested, inputs: inputsOf(event.data) };
  }
  const { attempt, step } = event.data;
  if (attempt < run.attempt || endsFormerRequest(run, event)) return run;
  if (event.type === 'run.checkpointed') return { ...run, checkpoint: event.data.checkpoint };
  if (run.status === 'completed' || (runHasEnded(run) && attempt === run.attempt)) return run;
  const isCurrent = attempt === run.attempt;
  const next = {
    ...run,
    attempt,
    step: isCurrent ? Math.max(step, run.step) : step,
    updatedAt: event.time,
    slowestSeconds: slowestAfter(run, event),
    waitsFor: undefined,
  };
  // Late, or read again: it is waiting for another attempt.
  const status = attempt <= (run.reopenedAfter ?? 0) ? run.status : 'running';
  switch (event.type) {
    case 'run.started': {
      const { totalSteps, worker, info } = event.data;
      return { ...next, status, totalSteps, worker, info };
    }
    case 'run.progressed': {
      // From a gateway whose partition was assigned to another one in the meantime.
      if (isCurrent && step < run.step) return run;
      const { totalSteps, metrics } = event.data;
      return { ...next, status, totalSteps, metrics: { ...run.metrics, ...metrics } };
    }
    case 'run.completed': {
      const { summary, ledger, model } = event.data;
      return { ...next, status: 'completed', summary, ledger, model, error: undefined };
    }
    case 'run.failed': {
      const { code, message } = event.data.error;
      return { ...next, status: 'failed', error: { code, message } };
    }
    case 'run.cancelled':
      return { ...next, status: 'cancelled' };
  }
}

/** Seconds between events of one worker, by its clock. A standstill is not usual. */
function slowestAfter({ attempt, updatedAt, slowestSeconds = 0, waitsFor }: Run, { time, data }: RunEvent) {
  if (!('attempt' in data) || data.attempt !== attempt) return undefined;
  if (waitsFor) return slowestSeconds;
  return Math.max(slowestSeconds, (Date.parse(time) - Date.parse(updatedAt)) / 1000);
}

/** Whether no event will follow, unless the run is resumed. */
export function runHasEnded({ status }: Pick<Run, 'status'>): boolean {
  return status !== 'waiting' && status !== 'running';
}

/** The run, waiting for another attempt. @param generation number of times it was resumed, this time included */
export function reopenedRun(run: Run, generation: number): Run {
  if (run.status === 'completed') return run;
  return {
    ...run,
    status: 'waiting',
    error: undefined,
    waitsFor: undefined,
    generation,
    reopenedAfter: run.attempt,
  };
}

/** Whether the event ends a request from before the run was resumed: a worker may stop after that, or repeat its end. */
function endsFormerRequest({ generation: current = 0 }: Run, { type, data }: RunEvent): boolean {
  if (type !== 'run.failed' && type !== 'run.cancelled') return false;
  return data.generation !== undefined && data.generation < current;
}

function inputsOf({ stage, config, inputs }: DataOf<'run.requested'>): Run['inputs'] {
  // Another system may request a run with another kind of configuration.
  const stages = (config as Partial<PipelineConfig>).stages ?? [];
  const settings = stages.find(({ name }) => name === stage);
  return {
    models: inputs.models,
    datasets: inputs.datasets.map(({ datasetId }) => datasetId),
    sources: settings ? datasetsOf(settings).map(({ source }) => source.path) : [],
  };
}
