import { type FileHandle, open } from 'node:fs/promises';
import type { WriteProgress } from './write-progress';

/** Bytes that are buffered before they are written. */
const CHUNK_BYTES = 1 << 20;

/** A file that is appended to, and can be continued from a known length. */
export class AppendFile {
  private waiting: (string | Uint8Array)[] = [];
  private waitingBytes = 0;

  private constructor(
    private readonly path: string,
    private readonly handle: FileHandle,
    /** Bytes of the file, with those that are still buffered. */
    public length: number,
    private readonly progress?: WriteProgress,
  ) {}

  /**
   * Opens `path` to append after its first `length` bytes, and truncates the rest. Throws when the file is shorter.
   * `progress` is advanced when bytes are written.
   */
  static async open(path: string, length: number, progress?: WriteProgress): Promise<AppendFile> {
    const handle = await open(path, length === 0 ? 'w' : 'r+');
    const { size } = await handle.stat();
    if (size < length) {
      await handle.close();
      throw new Error(
        `${path}: ${size} bytes, where a checkpoint counted ${length}; it was altered. Start the ingestion again without resume.`,
      );
    }
    await handle.truncate(length);
    progress?.advance(length);
    return new AppendFile(path, handle, length, progress);
  }

  /** Adds bytes to the buffer. @returns true when `flush` should be called */
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
      at += (await this.named(this.handle.write(chunk, at, chunk.length - at, start + at))).bytesWritten;
    this.progress?.advance(start + chunk.length);
  }

  /** Writes all bytes and syncs the file. */
  async sync(): Promise<void> {
    await this.flush();
    await this.named(this.handle.sync());
  }

  async close(): Promise<void> {
    await this.handle.close();
  }

  /** Node's errors of an open file do not say which one it is. */
  private async named<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const remedy = code === 'ENOSPC' || code === 'EDQUOT' ? '. Make room on its disk, and resume' : '';
      throw Object.assign(new Error(`${this.path}: ${message}${remedy}`, { cause: error }), { code });
    }
  }
}
