/** Bytes that wait for more. Each byte is copied about twice, however small the chunks are. */
export class HeldBytes {
  private buffer: Buffer = Buffer.alloc(0);
  private start = 0;
  private end = 0;

  /** A view, whose content stays. */
  get bytes(): Buffer {
    return this.buffer.subarray(this.start, this.end);
  }

  get length(): number {
    return this.end - this.start;
  }

  append(chunk: Buffer): void {
    const { length } = this;
    if (length === 0) this.use(chunk, chunk.length);
    else {
      if (this.end + chunk.length > this.buffer.length) {
        const larger = Buffer.allocUnsafe(2 * (length + chunk.length));
        this.bytes.copy(larger);
        this.use(larger, length);
      }
      chunk.copy(this.buffer, this.end);
      this.end += chunk.length;
    }
  }

  /** Forgets the first bytes. */
  drop(bytes: number): void {
    this.start += bytes;
  }

  private use(buffer: Buffer, length: number): void {
    this.buffer = buffer;
    this.start = 0;
    this.end = length;
  }
}
