import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { ChecksumError, StorageError } from './errors';

const MAX_CHUNK_BYTES = 1 << 20;

/** A local file to be stored as an object. If it changes after `find`, storing it fails. */
export class LocalFile {
  private constructor(
    readonly path: string,
    /** Bytes. */
    readonly size: number,
    private readonly version: string,
  ) {}

  /** Follows links. @throws StorageError if the path is not a file */
  static async find(path: string): Promise<LocalFile> {
    const { size, version } = await inspect(path);
    return new LocalFile(path, size, version);
  }

  /** The hash in hex. It reuses one buffer, because large models would produce much garbage. */
  async sha256(): Promise<string> {
    const hash = createHash('sha256');
    const file = await open(this.path);
    try {
      const chunk = Buffer.allocUnsafe(this.chunkBytes);
      for (let bytesRead = -1; bytesRead !== 0; ) {
        ({ bytesRead } = await file.read(chunk));
        hash.update(chunk.subarray(0, bytesRead));
      }
      return hash.digest('hex');
    } finally {
      await file.close();
    }
  }

  /** Opens the file with the first chunk, so that a write that is rejected before leaves no open file. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    yield* createReadStream(this.path, { highWaterMark: this.chunkBytes });
    await this.checkUnchanged();
  }

  /** @throws ChecksumError */
  async checkUnchanged(): Promise<void> {
    const { version } = await inspect(this.path);
    if (version !== this.version)
      throw new ChecksumError(`${this.path} changed while it was stored; publish it again.`);
  }

  private get chunkBytes(): number {
    return Math.min(Math.max(this.size, 1), MAX_CHUNK_BYTES);
  }
}

async function inspect(path: string): Promise<{ size: number; version: string }> {
  const found = await stat(path, { bigint: true });
  if (!found.isFile()) throw new StorageError(`${path} is not a file, so it cannot be published; remove it.`);
  return {
    size: Number(found.size),
    version: [found.ino, found.size, found.mtimeNs].join('-'),
  };
}
