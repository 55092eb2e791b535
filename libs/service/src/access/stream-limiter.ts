/** Limits the open event streams of each caller. */
export class StreamLimiter {
  private readonly open = new Map<string, number>();

  constructor(private readonly perCaller: number) {}

  /** Counts a new stream. @returns a function that releases it, or null when the caller has reached the limit */
  acquire(caller: string): (() => void) | null {
    const count = this.open.get(caller) ?? 0;
    if (count >= this.perCaller) return null;
    this.open.set(caller, count + 1);
    let released = false;
    return () => {
      if (released) return;
      released = true;
      const left = (this.open.get(caller) ?? 1) - 1;
      if (left === 0) this.open.delete(caller);
      else this.open.set(caller, left);
    };
  }

  get total(): number {
    return [...this.open.values()].reduce((sum, count) => sum + count, 0);
  }
}
