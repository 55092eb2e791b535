/** Where there is no answer for long, asking again waits no longer than this. */
const LONGEST_MS = 3600_000;

/**
 * Asks again for what got no answer in time: after `firstMs` without any, then after twice as long, and so on, for
 * whoever works may only be slow. An answer makes it patient anew.
 */
export class ResendTimer {
  private readonly timer: NodeJS.Timeout;
  private patienceMs: number;
  private since = Date.now();

  /** @param waiting whether there is something to be answered @param ask asks for all of it again */
  constructor(
    private readonly firstMs: number,
    private readonly waiting: () => boolean,
    private readonly ask: (seconds: number) => void,
  ) {
    this.patienceMs = firstMs;
    this.timer = setInterval(() => this.check(), Math.min(firstMs / 4, 5000));
    this.timer.unref();
  }

  answered(): void {
    this.patienceMs = this.firstMs;
    this.since = Date.now();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private check(): void {
    if (!this.waiting()) this.since = Date.now();
    const silentMs = Date.now() - this.since;
    if (silentMs < this.patienceMs) return;
    this.patienceMs = Math.min(2 * this.patienceMs, LONGEST_MS);
    this.since = Date.now();
    this.ask(silentMs / 1000);
  }
}
