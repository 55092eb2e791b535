import { createHash } from 'node:crypto';
import { describeFile } from './describe-file';
import type { SourceFile } from './source';

/** A file of which is known how much of it was read, and in the end its hash. */
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
    // A local file, of which perhaps only parts are read, is hashed by itself.
    const hash = this.path === undefined ? createHash('sha256') : null;
    for await (const chunk of this.file.open()) {
      hash?.update(chunk);
      this.read += chunk.length;
      yield chunk;
    }
    this.digest = hash?.digest('hex');
  }

  /** Undefined where not all of it was read. */
  async sha256(): Promise<string | undefined> {
    return this.path === undefined ? this.digest : (await describeFile(this.path)).sha256;
  }
}

/** Of one file its own hash, of several the hash of theirs in order. */
export function combinedHash(hashes: readonly string[]): string {
  return hashes.length === 1 ? hashes[0] : createHash('sha256').update(hashes.join('\n')).digest('hex');
}
