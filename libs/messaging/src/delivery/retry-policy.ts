/** How often a message is tried before it becomes a dead letter, and how long between. */
export interface RetryPolicy {
  /** Tries in all; 1 is no retry. */
  readonly attempts: number;
  readonly firstDelayMs: number;
  /** Each delay is twice the one before, up to this. */
  readonly maxDelayMs: number;
}

/** Six tries within about six seconds: a restart of something that the handler needs, not an outage. */
export const DEFAULT_RETRY: RetryPolicy = { attempts: 6, firstDelayMs: 200, maxDelayMs: 30_000 };

/** @throws Error naming the field that cannot be */
export function checkRetryPolicy(policy: RetryPolicy): RetryPolicy {
  const { attempts, firstDelayMs, maxDelayMs } = policy;
  if (!Number.isInteger(attempts) || attempts < 1) {
    throw new Error(`retry.attempts is ${attempts}; it must be a whole number of at least 1.`);
  }
  for (const [name, value] of Object.entries({ firstDelayMs, maxDelayMs })) {
    if (!(value >= 0)) throw new Error(`retry.${name} is ${value}; it must be 0 or more milliseconds.`);
  }
  return policy;
}

/**
 * Exponential backoff with jitter: between half and all of the delay, so that workers which failed together do not come
 * back together. The chance is not the platform's seeded one, for no result depends on it.
 * @param attempt the try that just failed, from 1
 */
export function delayAfter(
  attempt: number,
  { firstDelayMs, maxDelayMs }: RetryPolicy,
  random = Math.random,
): number {
  const delay = Math.min(maxDelayMs, firstDelayMs * 2 ** (attempt - 1));
  return delay * (0.5 + 0.5 * random());
}
