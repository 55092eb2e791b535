import { setTimeout as sleep } from 'node:timers/promises';

export interface RetryOptions {
  /** How often in all, the first time included. Default 5. */
  attempts?: number;
  /** The pause before the second attempt; it doubles each time, up to 10 s, and half of it is random. Default 200. */
  firstDelayMs?: number;
}

const LONGEST_DELAY_MS = 10_000;

/** The pause after attempt `attempt` (from 1): exponential, with jitter so that many clients do not return at once. */
export function backoff(attempt: number, { firstDelayMs = 200 }: RetryOptions): Promise<void> {
  const full = Math.min(firstDelayMs * 2 ** (attempt - 1), LONGEST_DELAY_MS);
  return sleep(full / 2 + (Math.random() * full) / 2);
}

/** Does `call` until it succeeds, fails with an error that `mayRetry` refuses, or has had all its attempts. */
export async function retry<T>(
  call: () => Promise<T>,
  mayRetry: (error: unknown) => boolean,
  options: RetryOptions = {},
): Promise<T> {
  const { attempts = 5 } = options;
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (attempt >= attempts || !mayRetry(error)) throw error;
      await backoff(attempt, options);
    }
  }
}
