import type { Inbox, Json } from './inbox';

/** Remembers the last events of this process; for the embedded mode, in which messages do not outlive it either. */
export class MemoryInbox implements Inbox {
  private readonly kept = new Map<string, Json>();

  /** @param limit events remembered; it must cover the time within which an event may come again */
  constructor(private readonly limit = 100_000) {
    if (!Number.isInteger(limit) || limit < 1) {
      throw new Error(`The inbox's limit is ${limit}; it must be a whole number of at least 1.`);
    }
  }

  async find(key: string): Promise<{ result: Json } | undefined> {
    const result = this.kept.get(key);
    return result === undefined ? undefined : { result };
  }

  async keep(key: string, result: Json): Promise<void> {
    this.kept.set(key, result);
    if (this.kept.size <= this.limit) return;
    const [oldest] = this.kept.keys();
    this.kept.delete(oldest);
  }

  async close(): Promise<void> {}

  /** What is remembered, oldest first. */
  entries(): IterableIterator<[string, Json]> {
    return this.kept.entries();
  }
}
