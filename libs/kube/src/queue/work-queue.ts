import { type Backoff, backoffDelay, sleep } from '../backoff';
import { KubeError } from '../client/kube-error';

export interface HandlerContext {
  /** Aborted when the queue is drained and its time of grace is over. */
  signal: AbortSignal;
  /** How often the key has failed in a row. */
  failures: number;
}

export interface HandlerResult {
  /** Handles the key again after this time, also without a change. */
  requeueAfterMs?: number;
}

export interface WorkQueueOptions {
  name: string;
  handler: (key: string, context: HandlerContext) => Promise<HandlerResult | undefined> | Promise<void>;
  /** Keys handled at the same time. Default 4. */
  workers?: number;
  /** Default 200 ms to 5 minutes. */
  backoff?: Backoff;
  metrics?: QueueMetrics;
  /** Told of each failure, before the key waits to be handled again. */
  onError?: (key: string, error: unknown, failures: number) => void;
  /** Told when a key succeeds after failures. */
  onRecovered?: (key: string) => void;
}

export interface QueueMetrics {
  /** Keys that are ready to be handled. */
  depth(queue: string, keys: number): void;
  /** From ready to begun. */
  waited(queue: string, seconds: number): void;
  /** One call of the handler. */
  worked(queue: string, seconds: number): void;
  retried(queue: string): void;
}

const BACKOFF = { baseMs: 200, maxMs: 300_000 };
/** How long handlers may take to end after their signal was aborted. */
const ABORTED_GRACE_MS = 2_000;

/**
 * Keys to be handled: each waits once, however often it is added, and is never handled twice at the same time. A key that
 * is added while it is handled is handled again afterwards. A key that fails comes back after its backoff.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  /** Keys that are ready, in order, and since when. */
  readonly #ready = new Map<string, number>();
  readonly #active = new Map<string, { again: boolean }>();
  readonly #later = new Map<string, { at: number; timer: NodeJS.Timeout }>();
  readonly #failures = new Map<string, number>();
  readonly #stop = new AbortController();
  #started = false;
  #draining = false;
  #idle: (() => void)[] = [];

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  /** Keys that are ready. */
  get depth(): number {
    return this.#ready.size;
  }

  /** Handles the key as soon as a worker is free. */
  add(key: string): void {
    if (this.#draining) return;
    const active = this.#active.get(key);
    if (active) active.again = true;
    else if (!this.#ready.has(key)) this.#ready.set(key, performance.now());
    this.#options.metrics?.depth(this.#options.name, this.#ready.size);
    this.#work();
  }

  /** Handles the key after a time. Of several times that wait, the earliest counts. */
  addAfter(key: string, milliseconds: number): void {
    if (this.#draining) return;
    if (milliseconds <= 0) {
      this.add(key);
      return;
    }
    const at = performance.now() + milliseconds;
    const waiting = this.#later.get(key);
    if (waiting && waiting.at <= at) return;
    clearTimeout(waiting?.timer);
    // Longer times do not fit into a timer: the key comes early, which is harmless.
    const timer = setTimeout(
      () => {
        this.#later.delete(key);
        this.add(key);
      },
      Math.min(milliseconds, 2 ** 31 - 1),
    );
    this.#later.set(key, { at, timer });
  }

  start(): void {
    this.#started = true;
    this.#work();
  }

  /**
   * Takes no more keys, forgets those that wait, and waits for those that are handled; their signal is aborted after
   * `graceMs`. False when some have not ended even then.
   */
  async drain(graceMs = 10_000): Promise<boolean> {
    this.#draining = true;
    this.#ready.clear();
    for (const { timer } of this.#later.values()) clearTimeout(timer);
    this.#later.clear();
    this.#failures.clear();
    this.#options.metrics?.depth(this.#options.name, 0);
    if (this.#active.size === 0) return true;
    const idle = new Promise<true>((resolve) => {
      this.#idle.push(() => resolve(true));
    });
    const waits = new AbortController();
    const graceful = await Promise.race([idle, sleep(graceMs, waits.signal)]);
    this.#stop.abort();
    const ended = graceful ?? (await Promise.race([idle, sleep(ABORTED_GRACE_MS, waits.signal)]));
    waits.abort();
    return ended === true;
  }

  #work(): void {
    const { workers = 4 } = this.#options;
    if (!this.#started) return;
    for (const [key, since] of this.#ready) {
      if (this.#active.size >= workers) return;
      this.#ready.delete(key);
      this.#options.metrics?.depth(this.#options.name, this.#ready.size);
      this.#options.metrics?.waited(this.#options.name, (performance.now() - since) / 1000);
      const active = { again: false };
      this.#active.set(key, active);
      void this.#handle(key).finally(() => {
        this.#active.delete(key);
        if (active.again) this.add(key);
        else this.#work();
        if (this.#active.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
      });
    }
  }

  async #handle(key: string): Promise<void> {
    const { handler, metrics, name, backoff = BACKOFF, onError, onRecovered } = this.#options;
    const failures = this.#failures.get(key) ?? 0;
    const start = performance.now();
    try {
      const result = await handler(key, { signal: this.#stop.signal, failures });
      if (this.#failures.delete(key)) onRecovered?.(key);
      if (result?.requeueAfterMs !== undefined) this.addAfter(key, result.requeueAfterMs);
    } catch (error) {
      if (this.#draining) return;
      this.#failures.set(key, failures + 1);
      metrics?.retried(name);
      onError?.(key, error, failures + 1);
      const atLeast = KubeError.is(error) ? (error.retryAfterMs ?? 0) : 0;
      this.addAfter(key, Math.max(backoffDelay(backoff, failures + 1), atLeast));
    } finally {
      metrics?.worked(name, (performance.now() - start) / 1000);
    }
  }
}
