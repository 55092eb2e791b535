/** Bounds the bytes of request bodies that a service holds at the same time. */
export class BodyBudget {
  private held = 0;

  constructor(private readonly limit: number) {}

  /** @returns a function that releases the bytes, or null when they exceed what is left */
  take(bytes: number): (() => void) | null {
    if (this.held + bytes > this.limit) return null;
    this.held += bytes;
    let released = false;
    return () => {
      if (!released) this.held -= bytes;
      released = true;
    };
  }
}
