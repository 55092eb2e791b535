import { StorageFailure } from './errors';
import { backOff } from './retry';

const BACKOFF = { firstDelayMs: 500, maxDelayMs: 30_000 };

/**
 * Retries `work` without a time limit while the store fails: it is unavailable, full, or denies access. So an outage does
 * not end a training run of hours. `work` must be idempotent. It runs at least once, also when `signal` is aborted before.
 * @param onFailure called for the first failure
 * @throws the StorageFailure when `signal` is aborted; any other error at once
 */
export async function retryUntilAvailable<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
  onFailure: (error: StorageFailure) => void,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StorageFailure) || signal.aborted) throw error;
      if (attempt === 1) onFailure(error);
      await backOff(attempt, BACKOFF, signal);
      if (signal.aborted) throw error;
    }
  }
}
