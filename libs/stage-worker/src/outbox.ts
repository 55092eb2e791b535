import type { Told } from './run-events';

/** Steps of a fast run are told together: the first at once, those that follow within so many milliseconds after them. */
const TOGETHER_MS = 500;

/** Sends events one after the other, in the order in which they were given; nobody waits for them before the end. */
export class Outbox {
  private last: Promise<void> = Promise.resolve();
  private waiting: Told[] = [];
  private timer?: NodeJS.Timeout;

  constructor(private readonly tell: (events: readonly Told[]) => Promise<void>) {}

  send(event: Told): void {
    this.waiting.push(event);
    if (!this.timer || !isStep(event)) this.sendWaiting();
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
    this.timer = setTimeout(() => this.sendWaiting(), TOGETHER_MS).unref();
  }
}

function isStep({ type, data }: Told): boolean {
  return type === 'run.progressed' && data.phase === 'training';
}
