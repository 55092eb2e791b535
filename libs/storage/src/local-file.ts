import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { ChecksumError, StorageError } from './errors';

const MOST_CHUNK_BYTES = 1 << 20;

/** A file of this machine that shall become an object, as it was when it was looked at: changed since, it is refused. */
export class LocalFile {
  private constructor(
    readonly path: string,
    /** Bytes. */
    readonly size: number,
    private readonly version: string,
  ) {}

  /** @throws StorageError where something else than a file is; a link to a file is the file */
  static async find(path: string): Promise<LocalFile> {
    const { size, version } = await look(path);
    return new LocalFile(path, size, version);
  }

  /** In hex. Read into one buffer over and over: the files of large models would be much garbage. */
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

  /** Opens the file with the first chunk, so that a write that is refused before leaves nothing open. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    yield* createReadStream(this.path, { highWaterMark: this.chunkBytes });
    await this.checkUnchanged();
  }

  /** @throws ChecksumError */
  async checkUnchanged(): Promise<void> {
    const { version } = await look(this.path);
    if (version !== this.version)
      throw new ChecksumError(`${this.path} was changed while it was stored; publish it again.`);
  }

  private get chunkBytes(): number {
    return Math.min(Math.max(this.size, 1), MOST_CHUNK_BYTES);
  }
}

async function look(path: string): Promise<{ size: number; version: string }> {
  const found = await stat(path, { bigint: true });
  if (!found.isFile()) throw new StorageError(`${path} is not a file, so it cannot be published; remove it.`);
  return {
    size: Number(found.size),
    version: [found.ino, found.size, found.mtimeNs].join('-'),
  };
}
