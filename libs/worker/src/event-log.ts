import type { DataOf, EventType } from '@open-chatgpt/events';
import type { Logger } from '@open-chatgpt/service';
import type { OutgoingEvent } from './outgoing-events';

/** A step is logged no sooner after the last one than this. */
const STEP_MS = 10_000;

type Log = Pick<Logger, 'info' | 'warn' | 'error'>;

const MESSAGES: Partial<Record<EventType, string>> = {
  'run.started': 'The run is claimed and starts',
  'run.checkpointed': 'A checkpoint is stored',
  'model.published': 'The model is published',
  'run.completed': 'The run is completed',
  'run.cancelled': 'The run is cancelled',
};

/**
 * Logs what an operator wants to know of runs, one line each, as their events are published: the start, checkpoints, the end, alerts,
 * and some of the steps.
 * @param now in milliseconds
 */
export function createEventLog(
  logger: Log,
  now: () => number = () => performance.now(),
): (events: readonly OutgoingEvent[]) => void {
  let stepAt = Number.NEGATIVE_INFINITY;
  return (events) => {
    for (const event of events) {
      const { type, data } = event;
      const message = MESSAGES[type];
      if (message !== undefined) logger.info(factsOf(event), message);
      if (type === 'run.failed') logger.error(factsOf(event), 'The run has failed');
      if (type === 'alert.raised') logAlert(logger, data);
      if (type !== 'run.progressed') continue;
      const { runId, phase, step, totalSteps, metrics } = data;
      if (phase !== 'training') continue;
      if (step !== totalSteps && now() - stepAt < STEP_MS) continue;
      stepAt = now();
      logger.info({ runId, step, totalSteps, metrics }, 'A step is taken');
    }
  };
}

function logAlert(logger: Log, { severity, ...facts }: DataOf<'alert.raised'>): void {
  if (severity === 'critical') logger.error(facts, 'The run raises a critical alert');
  else if (severity === 'warning') logger.warn(facts, 'The run raises an alert');
  else logger.info(facts, 'The run raises a notice');
}

function factsOf({ type, data }: OutgoingEvent): object {
  switch (type) {
    case 'run.started':
      return { runId: data.runId, attempt: data.attempt, step: data.step, totalSteps: data.totalSteps };
    case 'run.checkpointed':
      return { runId: data.runId, step: data.step, uri: data.checkpoint.uri };
    case 'run.failed':
      return { runId: data.runId, step: data.step, ...data.error };
    case 'model.published':
      return { modelId: data.modelId, uri: data.manifest.uri };
    default:
      return 'runId' in data ? { runId: data.runId, ...('step' in data && { step: data.step }) } : {};
  }
}
