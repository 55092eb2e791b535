/** The wait between two resends doubles up to this. */
const MAX_WAIT_MS = 3600_000;

/**
 * Sends unanswered requests again after `firstWaitMs` without any answer. The wait doubles with each resend, because
 * workers may only be slow, and is reset by an answer.
 */
export class ResendTimer {
  private readonly timer: NodeJS.Timeout;
  private waitMs: number;
  private since = performance.now();

  /** @param isWaiting whether a request has no answer yet @param resend sends all such requests again */
  constructor(
    private readonly firstWaitMs: number,
    private readonly isWaiting: () => boolean,
    private readonly resend: (silentSeconds: number) => void,
  ) {
    this.waitMs = firstWaitMs;
    this.timer = setInterval(() => this.check(), Math.min(firstWaitMs / 4, 5000));
    this.timer.unref();
  }

  /** An answer has arrived. */
  reset(): void {
    this.waitMs = this.firstWaitMs;
    this.since = performance.now();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private check(): void {
    if (!this.isWaiting()) this.since = performance.now();
    const silentMs = performance.now() - this.since;
    if (silentMs < this.waitMs) return;
    this.waitMs = Math.min(2 * this.waitMs, MAX_WAIT_MS);
    this.since = performance.now();
    this.resend(silentMs / 1000);
  }
}
