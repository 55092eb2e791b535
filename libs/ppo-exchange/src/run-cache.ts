/** What a worker keeps of the runs that it works for: of the last few, and not of one that it has heard nothing of for long. */
export class RunCache<T> {
  private readonly entries = new Map<string, { value: Promise<T>; usedAt: number }>();
  private readonly sweeper: NodeJS.Timeout;

  /** @param limit runs kept at most @param idleMs after which a run is let go */
  constructor(
    private readonly limit: number,
    private readonly idleMs: number,
  ) {
    this.sweeper = setInterval(() => this.sweep(), idleMs / 2);
    this.sweeper.unref();
  }

  /** @param name of the run in this form: with another description it is another entry */
  get(name: string, open: () => Promise<T>): Promise<T> {
    const value = this.entries.get(name)?.value ?? open();
    this.entries.delete(name);
    this.entries.set(name, { value, usedAt: Date.now() });
    // What could not be opened is tried again next time.
    value.catch(() => {
      if (this.entries.get(name)?.value === value) this.entries.delete(name);
    });
    for (const oldest of this.entries.keys()) {
      if (this.entries.size <= this.limit) break;
      this.entries.delete(oldest);
    }
    return value;
  }

  close(): void {
    clearInterval(this.sweeper);
    this.entries.clear();
  }

  private sweep(): void {
    const before = Date.now() - this.idleMs;
    for (const [name, { usedAt }] of this.entries) if (usedAt < before) this.entries.delete(name);
  }
}
