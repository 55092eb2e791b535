import { setTimeout as delay } from 'node:timers/promises';

/** Exponential backoff in milliseconds. */
export interface Backoff {
  /** The delay after the first failure; it doubles with each one that follows. */
  baseMs: number;
  maxMs: number;
}

/**
 * The delay after a number of failures in a row: between half of the exponential delay and all of it, so that what
 * failed together does not come back together.
 */
export function backoffDelay({ baseMs, maxMs }: Backoff, failures: number): number {
  const exponential = baseMs * 2 ** Math.min(failures - 1, 30);
  return Math.min(exponential, maxMs) * (0.5 + 0.5 * Math.random());
}

/** Varies a duration by ±`share`, so that many timers do not fire together. */
export function jitter(milliseconds: number, share: number): number {
  return milliseconds * (1 + share * (2 * Math.random() - 1));
}

/** Resolves after the given time, or as soon as `signal` is aborted. */
export async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal });
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}
