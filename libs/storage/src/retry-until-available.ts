import { StorageFailure } from './errors';
import { backOff } from './retry';

const BACKOFF = { firstDelayMs: 500, maxDelayMs: 30_000 };

/**
 * Retries `work` while the store fails: it is unavailable, full, or denies access. So an outage does not end a training run
 * of hours. `work` must be idempotent. It runs at least once, also when `signal` is aborted before.
 * @param onFailure called for the first failure
 * @param patienceMs how long it retries after the first failure; by default without a limit
 * @throws the StorageFailure when `signal` is aborted or the patience is exhausted; any other error at once
 */
export async function retryUntilAvailable<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
  onFailure: (error: StorageFailure) => void,
  patienceMs = Number.POSITIVE_INFINITY,
): Promise<T> {
  let deadline = Number.POSITIVE_INFINITY;
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StorageFailure) || signal.aborted) throw error;
      if (attempt === 1) {
        deadline = performance.now() + patienceMs;
        onFailure(error);
      }
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) throw error;
      await backOff(attempt, { ...BACKOFF, maxDelayMs: Math.min(BACKOFF.maxDelayMs, leftMs) }, signal);
      if (signal.aborted) throw error;
    }
  }
}
