import { setTimeout as sleep } from 'node:timers/promises';
import { StorageUnavailableError } from '@open-chatgpt/storage';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Does `work`, which may be done twice, until the store can be reached: hours of training are not given up because it is
 * away for a minute.
 * @param onUnavailable is told the first time
 * @throws StorageUnavailableError when aborted meanwhile; any other error at once
 */
export async function patiently<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
  onUnavailable: (error: StorageUnavailableError) => void,
): Promise<T> {
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StorageUnavailableError) || signal.aborted) throw error;
      if (pause === FIRST_PAUSE_MS) onUnavailable(error);
      await sleep(pause, undefined, { signal }).catch(() => {
        throw error;
      });
    }
  }
}
