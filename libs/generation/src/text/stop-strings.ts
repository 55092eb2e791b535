/** Lets text through until one of some strings comes, however it is cut into pieces. */
export class StopStrings {
  /** What may yet turn out to be the beginning of a stop string. */
  private held = '';
  private found = false;

  /** @throws Error for an empty stop string */
  constructor(private readonly stops: readonly string[]) {
    if (stops.includes('')) throw new Error('generateText: stop holds an empty string; leave it out');
  }

  get stopped(): boolean {
    return this.found;
  }

  /** The text that is certain now: all before the first stop string, and nothing that might begin one. */
  push(text: string): string {
    if (this.found) return '';
    const all = this.held + text;
    const starts = this.stops.map((stop) => all.indexOf(stop)).filter((start) => start >= 0);
    if (starts.length > 0) {
      this.found = true;
      this.held = '';
      return all.slice(0, Math.min(...starts));
    }
    const certain = all.length - this.longestBeginning(all);
    this.held = all.slice(certain);
    return all.slice(0, certain);
  }

  /** What was held back, at the end of the text. */
  flush(): string {
    const rest = this.held;
    this.held = '';
    return rest;
  }

  /** Length of the longest end of `text` that a stop string begins with. */
  private longestBeginning(text: string): number {
    const longest = Math.max(0, ...this.stops.map((stop) => stop.length - 1));
    for (let length = Math.min(longest, text.length); length > 0; length--) {
      const end = text.slice(-length);
      if (this.stops.some((stop) => stop.startsWith(end))) return length;
    }
    return 0;
  }
}
