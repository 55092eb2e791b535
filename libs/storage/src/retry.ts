import { setTimeout as sleep } from 'node:timers/promises';

export interface RetryOptions {
  /** All attempts, the first included. Default 5. */
  attempts?: number;
  /** The delay before the second attempt. It doubles each time, up to 10 s, with jitter. Default 200. */
  firstDelayMs?: number;
}

/** Exponential backoff: each delay is twice the one before, up to `maxDelayMs`. */
export interface Backoff {
  firstDelayMs: number;
  maxDelayMs: number;
}

/**
 * Sleeps after a failed attempt: between half of the delay and all of it, so that clients that failed together do not
 * retry together.
 * @param attempt the number of the failed attempt, from 1
 * @param signal ends the sleep early
 */
export async function backOff(
  attempt: number,
  { firstDelayMs, maxDelayMs }: Backoff,
  signal?: AbortSignal,
): Promise<void> {
  const delay = Math.min(firstDelayMs * 2 ** (attempt - 1), maxDelayMs) * (0.5 + 0.5 * Math.random());
  await sleep(delay, undefined, { signal }).catch((error) => {
    if (!signal?.aborted) throw error;
  });
}

/** The backoff between requests to a server. */
export const requestBackoff = ({ firstDelayMs = 200 }: RetryOptions): Backoff => ({
  firstDelayMs,
  maxDelayMs: 10_000,
});

/** Calls `call` until it succeeds, fails with an error that `isRetryable` rejects, or has used all attempts. */
export async function retry<T>(
  call: () => Promise<T>,
  isRetryable: (error: unknown) => boolean,
  options: RetryOptions = {},
): Promise<T> {
  const { attempts = 5 } = options;
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (attempt >= attempts || !isRetryable(error)) throw error;
      await backOff(attempt, requestBackoff(options));
    }
  }
}
