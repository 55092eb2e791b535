import type { Told } from './run-events';

/**
 * Steps wait so long at most, to be told together: each message takes the cores from training for a moment, and PPO samples
 * just after a step, which uses this thread.
 */
const TOGETHER_MS = 500;

/** Sends events one after the other, in the order in which they were given; nobody waits for them before the end. */
export class Outbox {
  private last: Promise<void> = Promise.resolve();
  private waiting: Told[] = [];
  private timer?: NodeJS.Timeout;

  constructor(private readonly tell: (events: readonly Told[]) => Promise<void>) {}

  send(event: Told): void {
    this.waiting.push(event);
    if (!isStep(event)) this.sendWaiting();
    else this.timer ??= setTimeout(() => this.sendWaiting(), TOGETHER_MS).unref();
  }

  /** Resolves when all is sent. @throws what sending threw; the events behind it are not sent */
  empty(): Promise<void> {
    this.sendWaiting();
    return this.last;
  }

  private sendWaiting(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const events = this.waiting;
    if (events.length === 0) return;
    this.waiting = [];
    this.last = this.last.then(() => this.tell(events));
    // Whoever empties the outbox is told.
    this.last.catch(() => undefined);
  }
}

function isStep({ type, data }: Told): boolean {
  return type === 'run.progressed' && data.phase === 'training';
}
