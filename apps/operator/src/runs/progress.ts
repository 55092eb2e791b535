import type { DataOf, Dataref } from '@open-chatgpt/events';
import type { RunEvent } from '@open-chatgpt/orchestration';
import type { TrainingRunStatus } from '@open-chatgpt/resources';

/** What the events of a run say that its pods do not. */
export interface RunFacts {
  attempt: number;
  step?: number;
  totalSteps?: number;
  worker?: string;
  metrics: Record<string, number>;
  checkpoint?: { step: number; manifest: Dataref };
  model?: Dataref;
  failure?: { code: string; message: string };
  lastProgressTime: string;
  /** Seconds that a step takes, averaged over the latest ones. */
  stepSeconds?: number;
}

/** Weight of the newest measurement in the average time of a step. */
const NEWEST = 0.2;

/** The facts after an event. Late events of a worker that lost the run change nothing. Idempotent. */
export function factsAfter(facts: RunFacts | undefined, event: RunEvent): RunFacts | undefined {
  if (event.type === 'run.requested') return facts;
  const { attempt, step } = event.data;
  const before: RunFacts = facts ?? { attempt, metrics: {}, lastProgressTime: event.time };
  if (attempt < before.attempt) return before;
  if (event.type === 'run.checkpointed')
    return { ...before, checkpoint: { step, manifest: event.data.checkpoint } };
  const next: RunFacts = { ...before, attempt, step, lastProgressTime: event.time };
  switch (event.type) {
    case 'run.started':
      // The clock of the steps starts again: the time between two attempts is not that of a step.
      return { ...next, totalSteps: event.data.totalSteps, worker: event.data.worker, failure: undefined };
    case 'run.progressed':
      if (attempt === before.attempt && step < (before.step ?? 0)) return before;
      return {
        ...next,
        totalSteps: event.data.totalSteps,
        metrics: { ...before.metrics, ...event.data.metrics },
        ...stepTime(before, event.data),
      };
    case 'run.completed':
      return { ...next, model: event.data.model, failure: undefined };
    case 'run.failed':
      return { ...next, failure: event.data.error };
    case 'run.cancelled':
      return next;
  }
}

function stepTime(
  before: RunFacts,
  { phase, step, seconds }: DataOf<'run.progressed'>,
): Pick<RunFacts, 'stepSeconds'> {
  const steps = step - (before.step ?? 0);
  if (phase !== 'training' || seconds === undefined || steps <= 0) return {};
  const measured = seconds / steps;
  const { stepSeconds } = before;
  return {
    stepSeconds: stepSeconds === undefined ? measured : (1 - NEWEST) * stepSeconds + NEWEST * measured,
  };
}

/** The fields of the status that follow from the facts. */
export function progressOf(facts: RunFacts | undefined, completed: boolean): Partial<TrainingRunStatus> {
  if (!facts) return completed ? { progressPercent: 100, remainingSeconds: 0 } : {};
  const { attempt, step = 0, totalSteps, worker, metrics, checkpoint, lastProgressTime, stepSeconds } = facts;
  const remaining = totalSteps === undefined ? undefined : Math.max(0, totalSteps - step);
  return {
    attempt,
    step,
    ...(totalSteps !== undefined && { totalSteps }),
    ...(totalSteps
      ? { progressPercent: completed ? 100 : Math.min(99, Math.floor((100 * step) / totalSteps)) }
      : {}),
    ...(stepSeconds !== undefined &&
      remaining !== undefined && { remainingSeconds: completed ? 0 : Math.round(remaining * stepSeconds) }),
    ...(worker !== undefined && { worker }),
    ...(Object.keys(metrics).length > 0 && { metrics }),
    ...(checkpoint && { checkpoint }),
    lastProgressTime,
  };
}

/** The facts that a status has kept, after a restart of the operator. */
export function factsOf(status: TrainingRunStatus | undefined): RunFacts | undefined {
  if (status?.attempt === undefined || !status.lastProgressTime) return undefined;
  const { attempt, step, totalSteps, worker, metrics = {}, checkpoint, model, lastProgressTime } = status;
  return { attempt, step, totalSteps, worker, metrics, checkpoint, model, lastProgressTime };
}
