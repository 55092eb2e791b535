import { createHash } from 'node:crypto';
import { describeFile } from './describe-file';
import type { SourceFile } from './source';

/** A file that counts the bytes that are read, and knows its hash when all of them have been read. */
export class WatchedFile implements SourceFile {
  readonly name: string;
  readonly path?: string;
  readonly size?: number;
  /** Bytes since it was last opened. */
  read = 0;
  private digest: string | undefined;

  constructor(private readonly file: SourceFile) {
    this.name = file.name;
    this.path = file.path;
    this.size = file.size;
  }

  async *open(): AsyncGenerator<Uint8Array> {
    this.read = 0;
    // A local file may be read only in parts, so it is hashed separately.
    const hash = this.path === undefined ? createHash('sha256') : null;
    for await (const chunk of this.file.open()) {
      hash?.update(chunk);
      this.read += chunk.length;
      yield chunk;
    }
    this.digest = hash?.digest('hex');
  }

  /** Undefined while a remote file has not been read to its end. */
  async sha256(): Promise<string | undefined> {
    return this.path === undefined ? this.digest : (await describeFile(this.path)).sha256;
  }
}

/** The hash of one file, or the hash of the hashes of several in their order. */
export function combinedHash(hashes: readonly string[]): string {
  return hashes.length === 1 ? hashes[0] : createHash('sha256').update(hashes.join('\n')).digest('hex');
}
