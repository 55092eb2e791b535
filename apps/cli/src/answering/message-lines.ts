const FENCE = '"""';

/** Joins lines to messages: a line that ends with a backslash continues, and `"""` begins and ends a block of lines. */
export class MessageLines {
  private lines: string[] = [];
  private inBlock = false;

  /** Whether a message has begun that is not complete. */
  get open(): boolean {
    return this.inBlock || this.lines.length > 0;
  }

  /** @returns the message that the line completes; null where more lines belong to it */
  push(line: string): string | null {
    if (!this.open && line.trimStart().startsWith(FENCE)) {
      this.inBlock = true;
      return this.pushToBlock(line.trimStart().slice(FENCE.length));
    }
    if (this.inBlock) return this.pushToBlock(line);
    if (line.endsWith('\\')) {
      this.lines.push(line.slice(0, -1));
      return null;
    }
    this.lines.push(line);
    return this.take();
  }

  /** Ends a message that is not complete; null where none has begun. */
  end(): string | null {
    return this.open ? this.take() : null;
  }

  private pushToBlock(line: string): string | null {
    const closes = line.trimEnd().endsWith(FENCE);
    this.lines.push(closes ? line.trimEnd().slice(0, -FENCE.length) : line);
    return closes ? this.take() : null;
  }

  /** The text without blank lines around it; the indentation of its first line stays. */
  private take(): string {
    const text = this.lines.join('\n');
    this.lines = [];
    this.inBlock = false;
    return text.replace(/^(?:[^\S\n]*\n)+/, '').trimEnd();
  }
}
