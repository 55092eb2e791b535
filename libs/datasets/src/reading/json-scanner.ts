const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NEWLINE = 0x0a;
const COMMA = 0x2c;

/** The value has no end in these bytes, or has a line end inside a string, which JSON forbids. */
export const MORE_NEEDED = -1;
export const BROKEN = -2;

/**
 * Finds the end of one JSON value inside an array or object: the comma or closing bracket that belongs to its parent. Continues from chunk
 * to chunk.
 */
export class JsonScanner {
  /** Where the line ends that broke the value. */
  brokenAt = 0;
  private depth = 0;
  private inString = false;
  private escaped = false;

  reset(): void {
    this.depth = 0;
    this.inString = false;
    this.escaped = false;
  }

  /** Where the value ends at or after `from`, `MORE_NEEDED` or `BROKEN`. */
  scan(bytes: Buffer, from: number): number {
    let at = from;
    while (at < bytes.length) {
      if (this.inString) {
        at = this.skipString(bytes, at);
        if (bytes[at] === NEWLINE && this.inString) {
          this.brokenAt = at;
          return BROKEN;
        }
        continue;
      }
      const byte = bytes[at];
      if (byte === QUOTE) this.inString = true;
      // [ and {, ] and }.
      else if (byte === 0x5b || byte === 0x7b) this.depth++;
      else if (byte === 0x5d || byte === 0x7d) {
        if (this.depth === 0) return at;
        this.depth--;
      } else if (byte === COMMA && this.depth === 0) return at;
      at++;
    }
    return MORE_NEEDED;
  }

  /** The place after the string, of a line end in it, or after the bytes. */
  private skipString(bytes: Buffer, from: number): number {
    let at = from;
    if (this.escaped) {
      this.escaped = false;
      at++;
    }
    for (; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === QUOTE) {
        this.inString = false;
        return at + 1;
      }
      if (byte === NEWLINE) return at;
      if (byte === BACKSLASH) {
        at++;
        if (at >= bytes.length) this.escaped = true;
      }
    }
    return bytes.length;
  }
}
