/** How many long-lived connections each caller holds. */
export class StreamLimiter {
  private readonly open = new Map<string, number>();

  constructor(private readonly most: number) {}

  /** @returns what ends the connection's count, or null when the caller has as many as it may */
  enter(caller: string): (() => void) | null {
    const count = this.open.get(caller) ?? 0;
    if (count >= this.most) return null;
    this.open.set(caller, count + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const now = (this.open.get(caller) ?? 1) - 1;
      if (now === 0) this.open.delete(caller);
      else this.open.set(caller, now);
    };
  }

  get total(): number {
    return [...this.open.values()].reduce((sum, count) => sum + count, 0);
  }
}
