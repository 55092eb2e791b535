import { LRUCache } from 'lru-cache';

/** What a worker keeps of the runs that it works for: of the last few, and not of one that it has heard nothing of for long. */
export class RunCache<T> {
  private readonly runs: LRUCache<string, Promise<T>>;

  /** @param limit runs kept at most @param idleMs after which a run is let go */
  constructor(limit: number, idleMs: number) {
    this.runs = new LRUCache({ max: limit, ttl: idleMs, updateAgeOnGet: true, ttlAutopurge: true });
  }

  /** @param name of the run in this form: with another description it is another entry */
  get(name: string, open: () => Promise<T>): Promise<T> {
    const known = this.runs.get(name);
    if (known) return known;
    const opened = open();
    this.runs.set(name, opened);
    // What could not be opened is tried again next time.
    opened.catch(() => {
      if (this.runs.peek(name) === opened) this.runs.delete(name);
    });
    return opened;
  }

  close(): void {
    this.runs.clear();
  }
}
