import { KubeError } from './kube-error';

interface Waiting {
  since: number;
  go: (waitedMs: number) => void;
}

/**
 * Limits the calls of this process, as client-go does: `qps` a second on average, `burst` at once, and `concurrent` under
 * way, first come, first served. It protects the API server from us, not us from it.
 */
export class RateLimiter {
  readonly #qps: number;
  readonly #burst: number;
  readonly #concurrent: number;
  #tokens: number;
  #filledAt = performance.now();
  #underWay = 0;
  #queue: Waiting[] = [];
  #timer?: NodeJS.Timeout;

  constructor(qps: number, burst: number, concurrent: number) {
    for (const [name, value] of Object.entries({ qps, burst, maxConcurrent: concurrent }))
      if (!(value > 0)) throw new Error(`${name} is ${value}, expected a number above 0`);
    this.#qps = qps;
    this.#burst = burst;
    this.#concurrent = concurrent;
    this.#tokens = burst;
  }

  /** Runs `work` when its turn has come. `onWait` gets the time that it waited, in ms. */
  async run<R>(
    work: () => Promise<R>,
    { signal, onWait }: { signal?: AbortSignal; onWait?: (milliseconds: number) => void } = {},
  ): Promise<R> {
    onWait?.(await this.#turn(signal));
    try {
      return await work();
    } finally {
      this.#underWay--;
      this.#admit();
    }
  }

  #turn(signal?: AbortSignal): Promise<number> {
    return new Promise((resolve, reject) => {
      const since = performance.now();
      const leave = () => {
        this.#queue = this.#queue.filter((other) => other !== entry);
        reject(aborted());
      };
      const entry: Waiting = {
        since,
        go: (waitedMs) => {
          signal?.removeEventListener('abort', leave);
          resolve(waitedMs);
        },
      };
      if (signal?.aborted) return reject(aborted());
      signal?.addEventListener('abort', leave, { once: true });
      this.#queue.push(entry);
      this.#admit();
    });
  }

  #admit(): void {
    const now = performance.now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#filledAt) * this.#qps) / 1000);
    this.#filledAt = now;
    while (this.#queue.length > 0 && this.#underWay < this.#concurrent && this.#tokens >= 1) {
      const { since, go } = this.#queue.shift()!;
      this.#tokens--;
      this.#underWay++;
      go(now - since);
    }
    if (this.#timer || this.#queue.length === 0 || this.#underWay >= this.#concurrent) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#admit();
      },
      Math.max(1, ((1 - this.#tokens) * 1000) / this.#qps),
    );
  }
}

const aborted = () =>
  new KubeError({ status: 0, reason: 'Aborted', message: 'aborted while waiting for the rate limit' });
