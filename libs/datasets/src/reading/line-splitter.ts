const NEWLINE = 0x0a;
const RETURN = 0x0d;
/** Bytes kept of a line that is too long. */
const KEPT_BYTES = 1024;

export interface Line {
  /** From 1. */
  line: number;
  bytes: Buffer;
  tooLong: boolean;
}

/** Splits bytes into lines. Only the beginning of a line that is too long is kept. */
export class LineSplitter {
  private parts: Buffer[] = [];
  private held = 0;
  private line = 1;

  constructor(private readonly maxBytes: number) {}

  *push(chunk: Buffer): Generator<Line> {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.hold(chunk.subarray(start, end));
      yield this.take();
      start = end + 1;
    }
    this.hold(chunk.subarray(start));
  }

  /** The last line, when it has no line end. */
  *end(): Generator<Line> {
    if (this.held > 0) yield this.take();
  }

  private hold(bytes: Buffer): void {
    if (bytes.length === 0) return;
    const before = this.held;
    this.held += bytes.length;
    if (this.held <= this.maxBytes) this.parts.push(bytes);
    else if (before <= this.maxBytes)
      this.parts = [Buffer.concat([...this.parts, bytes].map(start)).subarray(0, KEPT_BYTES)];
  }

  private take(): Line {
    let bytes = this.parts.length === 1 ? this.parts[0] : Buffer.concat(this.parts);
    if (bytes[bytes.length - 1] === RETURN) bytes = bytes.subarray(0, -1);
    const line = { line: this.line, bytes, tooLong: this.held > this.maxBytes };
    this.line++;
    this.parts = [];
    this.held = 0;
    return line;
  }
}

// A copy: the beginning must not keep the whole line in memory.
const start = (bytes: Buffer) => Buffer.from(bytes.subarray(0, KEPT_BYTES));
