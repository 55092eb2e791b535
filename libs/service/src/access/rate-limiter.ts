interface Bucket {
  left: number;
  at: number;
}

/** More callers than this are forgotten, the longest silent first: what an attacker can make us remember is bounded. */
const MOST_CALLERS = 10_000;

/** A token bucket for each caller: `perMinute` requests at once, refilled evenly over a minute. */
export class RateLimiter {
  private readonly buckets = new Map<string, Bucket>();

  constructor(private readonly perMinute: number) {}

  /** Takes one request off the caller's bucket. @returns 0, or the seconds until there is one again */
  take(caller: string, now = Date.now()): number {
    const before = this.buckets.get(caller) ?? { left: this.perMinute, at: now };
    const left = Math.min(this.perMinute, before.left + ((now - before.at) / 60_000) * this.perMinute);
    const granted = left >= 1;
    // Put last: the first in the map is then the longest silent.
    this.buckets.delete(caller);
    this.buckets.set(caller, { left: granted ? left - 1 : left, at: now });
    if (this.buckets.size > MOST_CALLERS) this.buckets.delete(this.buckets.keys().next().value as string);
    return granted ? 0 : Math.max(1, Math.ceil(((1 - left) / this.perMinute) * 60));
  }
}
