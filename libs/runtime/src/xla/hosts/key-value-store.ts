/** Values by key, each written once. A reader may wait for a value that is not there yet. */
export class KeyValueStore {
  private readonly values = new Map<string, Buffer>();
  private readonly waiting = new Map<string, Set<(value: Buffer) => void>>();

  /** @returns false where the key has a value already, which stays */
  put(key: string, value: Buffer): boolean {
    if (this.values.has(key)) return false;
    this.values.set(key, value);
    for (const resolve of this.waiting.get(key) ?? []) resolve(value);
    this.waiting.delete(key);
    return true;
  }

  /** @returns null where no value came within `waitMs` */
  async get(key: string, waitMs: number): Promise<Buffer | null> {
    const known = this.values.get(key);
    if (known || waitMs <= 0) return known ?? null;
    const readers = this.waiting.get(key) ?? new Set();
    this.waiting.set(key, readers);
    return new Promise((resolve) => {
      const found = (value: Buffer | null) => {
        clearTimeout(timer);
        readers.delete(found);
        resolve(value);
      };
      const timer = setTimeout(() => found(null), waitMs);
      readers.add(found);
    });
  }
}
