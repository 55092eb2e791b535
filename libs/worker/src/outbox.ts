import type { OutgoingEvent } from './outgoing-events';

/**
 * How long a step waits for others at most. Publishing interrupts training for a moment, and PPO samples right after a
 * step, on this thread: one batch interrupts it once.
 */
const BATCH_MS = 500;

/** Publishes events in the background, in their order. */
export class Outbox {
  private last: Promise<void> = Promise.resolve();
  private waiting: OutgoingEvent[] = [];
  private timer?: NodeJS.Timeout;

  constructor(private readonly publish: (events: readonly OutgoingEvent[]) => Promise<void>) {}

  send(event: OutgoingEvent): void {
    this.waiting.push(event);
    if (!isStep(event)) this.sendWaiting();
    else this.timer ??= setTimeout(() => this.sendWaiting(), BATCH_MS).unref();
  }

  /** Resolves when all events are published. @throws the error of publishing; the events behind it are not published */
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
    this.last = this.last.then(() => this.publish(events));
    // The error is thrown where the outbox is emptied.
    this.last.catch(() => undefined);
  }
}

function isStep({ type, data }: OutgoingEvent): boolean {
  return type === 'run.progressed' && data.phase === 'training';
}
