/** Lets work start unless at least one reason holds it back: a caller's pause, or a rebalance of the group. */
export class PauseGate {
  private readonly reasons = new Set<string>();
  private waiting: Array<() => void> = [];

  get isOpen(): boolean {
    return this.reasons.size === 0;
  }

  pause(reason: string): void {
    this.reasons.add(reason);
  }

  resume(reason: string): void {
    this.reasons.delete(reason);
    if (!this.isOpen) return;
    const waiting = this.waiting;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** Resolves when the gate is open. */
  async pass(): Promise<void> {
    while (!this.isOpen) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }
}
