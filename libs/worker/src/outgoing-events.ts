import type { DataOf, EventType } from '@open-chatgpt/events';
import type { AlgorithmName } from '@open-chatgpt/pipeline';
import type { StageEvent } from '@open-chatgpt/runs';

/** The run of a worker, as its events name it. */
export interface RunContext {
  runId: string;
  pipelineId?: string;
  stage: string;
  algorithm: AlgorithmName;
  /** Counts the starts of the run; only the highest may write. */
  attempt: number;
}

/** An event to publish, by its type. */
export type OutgoingEvent = { [T in EventType]: { type: T; data: DataOf<T> } }[EventType];

/**
 * The id of an event that ends a run, by what it says: an event that is published again, after a crash or a repeated
 * request, has the same id, so that readers apply it once. Undefined for other events, which get a random id.
 */
export function idOf({ type, data }: OutgoingEvent): string | undefined {
  switch (type) {
    case 'run.completed':
    case 'run.failed':
    case 'run.cancelled':
      return `${data.runId}/${type}/${data.attempt}`;
    case 'model.published':
      return `${data.modelId}/${type}/${data.manifest.version}`;
    default:
      return undefined;
  }
}

/** Limits of the answers in one event: longer ones belong in the report, not on the bus. */
const MOST_SAMPLES = 32;
const MOST_CHARACTERS = 16_384;

/**
 * Translates the events of a training loop into events of the platform. The worker publishes checkpoints and the end
 * itself, once the store holds what those events refer to.
 */
export function createTranslator(run: RunContext, worker: string): (event: StageEvent) => OutgoingEvent[] {
  let totalSteps = 0;
  return (event) => {
    switch (event.type) {
      case 'started': {
        const { step, info } = event;
        totalSteps = event.totalSteps;
        return [{ type: 'run.started', data: { ...run, step, totalSteps, worker, info } }];
      }
      case 'step': {
        const { step, tokens, seconds } = event;
        const metrics = finite(event.metrics);
        return [
          {
            type: 'run.progressed',
            data: { ...run, phase: 'training', step, totalSteps, metrics, tokens, seconds },
          },
        ];
      }
      case 'evaluated': {
        const metrics = finite(event.metrics);
        return [
          {
            type: 'run.progressed',
            data: { ...run, phase: 'evaluation', step: event.step, totalSteps, metrics },
          },
        ];
      }
      case 'samples': {
        const samples = event.samples.slice(0, MOST_SAMPLES).map((sample) => ({
          ...sample,
          prompt: sample.prompt.slice(0, MOST_CHARACTERS),
          response: sample.response.slice(0, MOST_CHARACTERS),
          ...(sample.reference !== undefined && { reference: sample.reference.slice(0, MOST_CHARACTERS) }),
          ...(sample.rejected && {
            rejected: { ...sample.rejected, response: sample.rejected.response.slice(0, MOST_CHARACTERS) },
          }),
        }));
        const { step } = event;
        return [
          {
            type: 'run.progressed',
            data: { ...run, phase: 'evaluation', step, totalSteps, metrics: {}, samples },
          },
        ];
      }
      case 'warning': {
        const { runId, stage } = run;
        const { message } = event;
        return [
          {
            type: 'alert.raised',
            data: { name: 'StageWarning', severity: 'warning', message, runId, stage, details: {} },
          },
        ];
      }
      default:
        return [];
    }
  };
}

/** JSON knows no NaN: a figure that is not finite is left out. */
function finite(metrics: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(metrics).filter(([, value]) => Number.isFinite(value)));
}
