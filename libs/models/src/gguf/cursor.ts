import { readSync } from 'node:fs';
import { ModelFileError } from '../weights/model-file-error';

const WINDOW_BYTES = 1024 * 1024;
const MAX_STRING_BYTES = 64 * 1024 * 1024;

/**
 * Reads consecutive little-endian values through a window over the file, so that long metadata need little memory.
 * Synchronous: a header contains hundreds of thousands of small values.
 */
export class GgufCursor {
  private window = Buffer.alloc(0);
  private at = 0;
  private windowEnd = 0;

  constructor(
    private readonly fd: number,
    private readonly size: number,
    private readonly where: string,
  ) {}

  /** Offset in the file of the next value. */
  get position(): number {
    return this.windowEnd - this.window.length + this.at;
  }

  get remaining(): number {
    return this.size - this.position;
  }

  fail(problem: string): never {
    throw new ModelFileError(this.where, problem);
  }

  u8(): number {
    const at = this.take(1);
    return this.window.readUInt8(at);
  }
  i8(): number {
    const at = this.take(1);
    return this.window.readInt8(at);
  }
  u16(): number {
    const at = this.take(2);
    return this.window.readUInt16LE(at);
  }
  i16(): number {
    const at = this.take(2);
    return this.window.readInt16LE(at);
  }
  u32(): number {
    const at = this.take(4);
    return this.window.readUInt32LE(at);
  }
  i32(): number {
    const at = this.take(4);
    return this.window.readInt32LE(at);
  }
  f32(): number {
    const at = this.take(4);
    return this.window.readFloatLE(at);
  }
  f64(): number {
    const at = this.take(8);
    return this.window.readDoubleLE(at);
  }
  u64(): bigint {
    const at = this.take(8);
    return this.window.readBigUInt64LE(at);
  }
  i64(): bigint {
    const at = this.take(8);
    return this.window.readBigInt64LE(at);
  }

  bool(): boolean {
    const value = this.u8();
    if (value > 1) this.fail(`byte ${this.position - 1}: ${value} is no truth value; the file is damaged`);
    return value === 1;
  }

  /** A length, count or offset. A value beyond the size of the file is rejected before any allocation. */
  length(what: string, limit = this.size): number {
    const value = this.u64();
    if (value > limit)
      this.fail(`${what} is ${value}, more than possible (${limit}); the file is damaged, download it again`);
    return Number(value);
  }

  string(what: string): string {
    const length = this.length(`the length of ${what}`, Math.min(this.remaining, MAX_STRING_BYTES));
    const start = this.take(length);
    return this.window.toString('utf8', start, start + length);
  }

  /** Loads the next `count` bytes into the window and returns their start. */
  private take(count: number): number {
    if (this.at + count > this.window.length) this.refill(count);
    const start = this.at;
    this.at += count;
    return start;
  }

  private refill(count: number): void {
    const position = this.position;
    if (count > this.size - position)
      this.fail(`the file ends at byte ${this.size} within its header; it is truncated, download it again`);
    const next = Buffer.allocUnsafe(Math.min(Math.max(count, WINDOW_BYTES), this.size - position));
    let filled = 0;
    while (filled < next.length) {
      const bytes = readSync(this.fd, next, filled, next.length - filled, position + filled);
      if (bytes === 0) this.fail('the file became shorter while it was read');
      filled += bytes;
    }
    this.window = next;
    this.at = 0;
    this.windowEnd = position + next.length;
  }
}
