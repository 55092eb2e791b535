import type { Dataref } from '@open-chatgpt/events';
import type { Completion, Ending } from './run-completion';

/** Where a run stands: the attempt, and the last step that it has done. */
export interface RunPosition {
  attempt: number;
  step: number;
}

/** How an attempt ended a run, or why it leaves the run to another worker. */
export interface RunEnd extends RunPosition {
  outcome: 'completed' | 'failed' | 'cancelled' | 'takenOver';
  /** The model that a completed run made. */
  model?: Dataref;
  error?: { code: string; message: string };
}

/** The end of a run that has done all its steps, now or in an earlier attempt. */
export function endOf({ run: { attempt, step, model } }: Completion): RunEnd {
  return { outcome: 'completed', attempt, step, model };
}

/** The end of a run that has failed or was cancelled, now or in an earlier attempt. */
export function endAfter({ type, data }: Ending): RunEnd {
  const { attempt, step } = data;
  return type === 'run.failed'
    ? { outcome: 'failed', attempt, step, error: data.error }
    : { outcome: 'cancelled', attempt, step };
}
