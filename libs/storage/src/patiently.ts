import { setTimeout as sleep } from 'node:timers/promises';
import { StorageFullError, StorageUnavailableError } from './errors';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

type TransientError = StorageUnavailableError | StorageFullError;

/** The store is away or full, and will be there or have room again. */
export const isTransient = (error: unknown): error is TransientError =>
  error instanceof StorageUnavailableError || error instanceof StorageFullError;

/**
 * Does `work`, which may be done twice, until the store takes it: hours of training are not given up because it is away
 * for a minute, or full until somebody makes room.
 * @param onTransient is told the first time
 * @throws the transient error when aborted meanwhile; any other error at once
 */
export async function patiently<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
  onTransient: (error: TransientError) => void,
): Promise<T> {
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!isTransient(error) || signal.aborted) throw error;
      if (pause === FIRST_PAUSE_MS) onTransient(error);
      await sleep(pause, undefined, { signal }).catch(() => {
        throw error;
      });
    }
  }
}
