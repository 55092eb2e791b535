import { LRUCache } from 'lru-cache';

interface Bucket {
  tokens: number;
  /** When `tokens` was computed, in milliseconds. */
  at: number;
}

/** Bounds the memory that requests from many addresses can take. */
const MAX_CALLERS = 10_000;

/** A token bucket for each caller: it holds up to `perMinute` requests and refills evenly over a minute. */
export class RateLimiter {
  private readonly buckets = new LRUCache<string, Bucket>({ max: MAX_CALLERS });

  constructor(private readonly perMinute: number) {}

  /**
   * Takes one request from the caller's bucket.
   * @param now in milliseconds, of a clock that nobody sets
   * @returns 0, or the seconds until the next request is accepted
   */
  take(caller: string, now = performance.now()): number {
    const { tokens, at } = this.buckets.get(caller) ?? { tokens: this.perMinute, at: now };
    const refilled = Math.min(this.perMinute, tokens + ((now - at) / 60_000) * this.perMinute);
    const accepted = refilled >= 1;
    this.buckets.set(caller, { tokens: accepted ? refilled - 1 : refilled, at: now });
    return accepted ? 0 : Math.max(1, Math.ceil(((1 - refilled) / this.perMinute) * 60));
  }
}
