/**
 * Works off things in the background, one at a time. While one is at work only the newest of those that come is kept,
 * for it makes the others superfluous.
 */
export class NewestOnly<T> {
  private waiting: T | null = null;
  private working: Promise<void> | null = null;

  /**
   * @param work must not throw
   * @param discard is given what was replaced before its turn came
   */
  constructor(
    private readonly work: (thing: T) => Promise<void>,
    private readonly discard: (thing: T) => void,
  ) {}

  offer(thing: T): void {
    if (this.waiting !== null) this.discard(this.waiting);
    this.waiting = thing;
    this.working ??= this.workOff();
  }

  /** Resolves when nothing is left to do. */
  async finish(): Promise<void> {
    while (this.working) await this.working;
  }

  private async workOff(): Promise<void> {
    while (this.waiting !== null) {
      const thing = this.waiting;
      this.waiting = null;
      await this.work(thing);
    }
    this.working = null;
  }
}
