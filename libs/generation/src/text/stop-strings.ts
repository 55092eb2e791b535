/** Passes text through until a stop string occurs, which may span several pieces of text. */
export class StopStrings {
  /** Text that may be the beginning of a stop string. */
  private held = '';
  private found = false;

  /** @throws Error for an empty stop string */
  constructor(private readonly stops: readonly string[]) {
    if (stops.includes('')) throw new Error('generateText: stop contains an empty string; remove it');
  }

  get stopped(): boolean {
    return this.found;
  }

  /** Returns the text before the first stop string, without a suffix that may begin one. */
  push(text: string): string {
    if (this.found) return '';
    const all = this.held + text;
    const starts = this.stops.map((stop) => all.indexOf(stop)).filter((start) => start >= 0);
    if (starts.length > 0) {
      this.found = true;
      this.held = '';
      return all.slice(0, Math.min(...starts));
    }
    const certain = all.length - this.longestPrefix(all);
    this.held = all.slice(certain);
    return all.slice(0, certain);
  }

  /** Returns the text that is held back, at the end of the text. */
  flush(): string {
    const rest = this.held;
    this.held = '';
    return rest;
  }

  /** Length of the longest suffix of `text` that is a prefix of a stop string. */
  private longestPrefix(text: string): number {
    const longest = Math.max(0, ...this.stops.map((stop) => stop.length - 1));
    for (let length = Math.min(longest, text.length); length > 0; length--) {
      const end = text.slice(-length);
      if (this.stops.some((stop) => stop.startsWith(end))) return length;
    }
    return 0;
  }
}
