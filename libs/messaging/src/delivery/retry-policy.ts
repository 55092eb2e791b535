/** How many attempts a message gets before it becomes a dead letter, and the delays between them. */
export interface RetryPolicy {
  /** All attempts, the first included; 1 means no retry. */
  readonly attempts: number;
  readonly firstDelayMs: number;
  /** Each delay is twice the one before, up to this one. */
  readonly maxDelayMs: number;
}

/** Six attempts within about six seconds: enough for a restart of a dependency, not for an outage. */
export const DEFAULT_RETRY: RetryPolicy = { attempts: 6, firstDelayMs: 200, maxDelayMs: 30_000 };

/** @throws Error that names the invalid field */
export function checkRetryPolicy(policy: RetryPolicy): RetryPolicy {
  const { attempts, firstDelayMs, maxDelayMs } = policy;
  if (!Number.isInteger(attempts) || attempts < 1) {
    throw new Error(`retry.attempts is ${attempts}; it must be an integer of at least 1.`);
  }
  for (const [name, value] of Object.entries({ firstDelayMs, maxDelayMs })) {
    if (!(value >= 0)) throw new Error(`retry.${name} is ${value}; it must be 0 or more milliseconds.`);
  }
  return policy;
}

/**
 * Exponential backoff with jitter: between half of the delay and all of it, so that workers that failed together do not
 * retry together. Needs no seeded random numbers, because no result depends on it.
 * @param attempt the number of the failed attempt, from 1
 */
export function delayAfter(
  attempt: number,
  { firstDelayMs, maxDelayMs }: RetryPolicy,
  random = Math.random,
): number {
  const delay = Math.min(maxDelayMs, firstDelayMs * 2 ** (attempt - 1));
  return delay * (0.5 + 0.5 * random());
}
