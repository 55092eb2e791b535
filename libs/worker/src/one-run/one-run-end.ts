import type { Dataref } from '@open-chatgpt/events';
import { causeOf, type FailureCause } from '../failure-cause';
import type { RunEnd, RunPosition } from '../run-end';

/** How a process that executes one run ends. */
export interface OneRunEnd extends Partial<RunPosition> {
  outcome: 'completed' | 'failed' | 'interrupted' | 'takenOver' | 'unavailable' | 'machine';
  exitCode: number;
  model?: Dataref;
  error?: { code: string; message: string };
}

/** Exit codes, which a Job tells apart by its podFailurePolicy. 64 … 78 are those of sysexits.h where one fits. */
const exitCodes = {
  completed: 0,
  /** EX_DATAERR: another attempt would fail in the same way. */
  failed: 65,
  /** EX_OSERR: this machine is the cause; try elsewhere. */
  machine: 71,
  /** EX_TEMPFAIL: the store or the bus does not respond; try again later. */
  unavailable: 75,
  /** Another worker has claimed the run; there is nothing to try again. */
  takenOver: 79,
} as const;

/** @param position of the run, as far as it is known */
export function failed(code: string, message: string, position: Partial<RunPosition> = {}): OneRunEnd {
  return { outcome: 'failed', exitCode: exitCodes.failed, ...position, error: { code, message } };
}

export function unavailable(message: string, position: Partial<RunPosition> = {}): OneRunEnd {
  const error = { code: 'ServiceUnavailable', message };
  return { outcome: 'unavailable', exitCode: exitCodes.unavailable, ...position, error };
}

/** @param signalNumber of the signal that stopped the process, such as 15 */
export function interrupted(signalNumber: number, position: Partial<RunPosition> = {}): OneRunEnd {
  return { outcome: 'interrupted', exitCode: 128 + signalNumber, ...position };
}

export function ofRunEnd({ outcome, ...end }: RunEnd): OneRunEnd {
  if (outcome === 'cancelled')
    return failed(
      'Cancelled',
      'the run was cancelled; request it again to continue from its checkpoint',
      end,
    );
  return { outcome, exitCode: exitCodes[outcome], ...end };
}

/** The end after an error that does not end the run. */
export function ofError(error: unknown, position: Partial<RunPosition> = {}): OneRunEnd {
  const message = error instanceof Error ? error.message : String(error);
  const ends: Record<FailureCause, () => OneRunEnd> = {
    run: () => failed('StageFailed', message, position),
    machine: () => ({
      outcome: 'machine',
      exitCode: exitCodes.machine,
      ...position,
      error: { code: 'MachineFailed', message },
    }),
    service: () => unavailable(message, position),
    stop: () => unavailable(message, position),
  };
  return ends[causeOf(error)]();
}
