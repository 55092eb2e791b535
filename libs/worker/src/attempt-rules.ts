import { InUse } from '@open-chatgpt/runs';
import { StorageFailure } from '@open-chatgpt/storage';
import { TrainingInterrupted } from '@open-chatgpt/training';
import { causeOf } from './failure-cause';
import type { RunPosition } from './run-end';

/** What an attempt at a run does about failures that are not the run's own. */
export interface AttemptRules {
  /** The bus delivers the request again after an error, so the attempt waits neither to claim the run nor for the bus. */
  redelivered: boolean;
  /** How long it waits for the store and for the lock of its folder, and at its end for the bus. */
  patienceMs: number;
  /** Whether the run may be tried again after this error. If not, the run has failed. */
  mayTryAgain(error: Error): boolean;
  /** Called when the run is claimed. @param position says where the run stands, also after the attempt */
  onClaimed?(position: () => RunPosition): void;
}

/** Rules of a service that receives requests from the bus. */
export const serviceRules: AttemptRules = {
  redelivered: true,
  patienceMs: Number.POSITIVE_INFINITY,
  mayTryAgain: (error) =>
    error instanceof TrainingInterrupted || error instanceof StorageFailure || error instanceof InUse,
};

/** Rules of a process that executes one run: its parent decides by the exit code whether to start another one. */
export function oneRunRules(
  patienceMs: number,
  onClaimed?: (position: () => RunPosition) => void,
): AttemptRules {
  return { redelivered: false, patienceMs, mayTryAgain: (error) => causeOf(error) !== 'run', onClaimed };
}
