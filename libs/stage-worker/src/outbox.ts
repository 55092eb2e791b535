import type { Told } from './run-events';

/** Sends events one after the other, in the order in which they were given; nobody waits for them before the end. */
export class Outbox {
  private last: Promise<void> = Promise.resolve();

  constructor(private readonly tell: (event: Told) => Promise<void>) {}

  send(event: Told): void {
    this.last = this.last.then(() => this.tell(event));
    // Whoever empties the outbox is told.
    this.last.catch(() => undefined);
  }

  /** Resolves when all is sent. @throws what sending threw; the events behind it are not sent */
  empty(): Promise<void> {
    return this.last;
  }
}
