import { setTimeout as sleep } from 'node:timers/promises';
import { StorageFailure } from './errors';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Does `work`, which may be done twice, until the store takes it: hours of training are not given up because it is away
 * for a minute, full until somebody makes room, or refuses until somebody renews its credentials.
 * @param onFailure is told the first time
 * @throws the StorageFailure when aborted meanwhile; any other error at once
 */
export async function retryUntilAvailable<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
  onFailure: (error: StorageFailure) => void,
): Promise<T> {
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StorageFailure) || signal.aborted) throw error;
      if (pause === FIRST_PAUSE_MS) onFailure(error);
      await sleep(pause, undefined, { signal }).catch(() => {
        throw error;
      });
    }
  }
}
