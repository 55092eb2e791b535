/** Processes items in the background, one at a time. While one is processed, only the latest of the others waits. */
export class LatestOnlyQueue<T> {
  private waiting: T | null = null;
  private processing: Promise<void> | null = null;

  /**
   * @param process must not throw
   * @param discard receives an item that a later one replaced
   */
  constructor(
    private readonly process: (item: T) => Promise<void>,
    private readonly discard: (item: T) => void,
  ) {}

  offer(item: T): void {
    if (this.waiting !== null) this.discard(this.waiting);
    this.waiting = item;
    this.processing ??= this.processAll();
  }

  /** Resolves when the queue is empty. */
  async finish(): Promise<void> {
    while (this.processing) await this.processing;
  }

  private async processAll(): Promise<void> {
    while (this.waiting !== null) {
      const item = this.waiting;
      this.waiting = null;
      await this.process(item);
    }
    this.processing = null;
  }
}
