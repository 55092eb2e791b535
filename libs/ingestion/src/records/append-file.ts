import { type FileHandle, open } from 'node:fs/promises';
import type { Growth } from './growth';

/** Bytes that are gathered before they are written. */
const CHUNK_BYTES = 1 << 20;

/** A file that grows at its end and can be continued from a known length. */
export class AppendFile {
  private waiting: (string | Uint8Array)[] = [];
  private waitingBytes = 0;

  private constructor(
    private readonly handle: FileHandle,
    /** Bytes in the file once everything is written. */
    public length: number,
    private readonly growth?: Growth,
  ) {}

  /**
   * Opens `path` for what comes after its first `length` bytes; what is behind them is cut off. Throws when it is shorter.
   * `growth` is told what is written.
   */
  static async open(path: string, length: number, growth?: Growth): Promise<AppendFile> {
    const handle = await open(path, length === 0 ? 'w' : 'r+');
    const { size } = await handle.stat();
    if (size < length) {
      await handle.close();
      throw new Error(
        `${path}: ${size} bytes, where a checkpoint counted ${length}; it was altered. Start the ingestion anew, without resume.`,
      );
    }
    await handle.truncate(length);
    growth?.reached(length);
    return new AppendFile(handle, length, growth);
  }

  /** Takes the bytes; true when so many wait that `flush` should be called. */
  add(bytes: string | Uint8Array): boolean {
    const size = typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length;
    this.waiting.push(bytes);
    this.waitingBytes += size;
    this.length += size;
    return this.waitingBytes >= CHUNK_BYTES;
  }

  async flush(): Promise<void> {
    if (this.waitingBytes === 0) return;
    const parts = this.waiting.map((part) => (typeof part === 'string' ? Buffer.from(part) : part));
    const chunk = Buffer.concat(parts);
    const start = this.length - this.waitingBytes;
    this.waiting = [];
    this.waitingBytes = 0;
    for (let at = 0; at < chunk.length; )
      at += (await this.handle.write(chunk, at, chunk.length - at, start + at)).bytesWritten;
    this.growth?.reached(start + chunk.length);
  }

  /** Returns once the disk has everything. */
  async sync(): Promise<void> {
    await this.flush();
    await this.handle.sync();
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}
