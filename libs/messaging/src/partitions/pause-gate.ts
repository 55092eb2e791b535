/** Lets work begin unless somebody holds it: a user's pause, a group that is being joined. */
export class PauseGate {
  private readonly holds = new Set<string>();
  private waiting: Array<() => void> = [];

  get open(): boolean {
    return this.holds.size === 0;
  }

  hold(reason: string): void {
    this.holds.add(reason);
  }

  release(reason: string): void {
    this.holds.delete(reason);
    if (!this.open) return;
    const waiting = this.waiting;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }

  async pass(): Promise<void> {
    while (!this.open) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }
}
