/** A number of places; whoever finds none waits in line. */
export class Slots {
  private readonly line: Array<() => void> = [];

  constructor(private free: number) {
    if (!Number.isInteger(free) || free < 1) {
      throw new Error(`concurrency is ${free}; it must be a whole number of at least 1.`);
    }
  }

  /** Resolves when there is a place. Call what it returns, once, to give the place back. */
  async take(): Promise<() => void> {
    if (this.free > 0) this.free -= 1;
    else await new Promise<void>((resolve) => this.line.push(resolve));
    return () => {
      const next = this.line.shift();
      if (next) next();
      else this.free += 1;
    };
  }
}
