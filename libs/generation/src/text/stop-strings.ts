/** Passes text through until a stop string occurs, which may span several pieces of text. */
export class StopStrings {
  /** Text that may be the beginning of a stop string. */
  private held = '';
  private found: string | null = null;

  /** @throws Error for an empty stop string */
  constructor(private readonly stops: readonly string[]) {
    if (stops.includes('')) throw new Error('generateText: stop contains an empty string; remove it');
  }

  /** The stop string that occurred. */
  get stopped(): string | null {
    return this.found;
  }

  /** Returns the text before the first stop string, without a suffix that may begin one. */
  push(text: string): string {
    if (this.found !== null) return '';
    const all = this.held + text;
    const found = this.stops
      .map((stop) => ({ stop, start: all.indexOf(stop) }))
      .filter(({ start }) => start >= 0)
      .sort((a, b) => a.start - b.start);
    if (found.length > 0) {
      this.found = found[0].stop;
      this.held = '';
      return all.slice(0, found[0].start);
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
