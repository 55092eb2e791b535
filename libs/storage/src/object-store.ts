import type { Readable } from 'node:stream';
import type { LocalFile } from './local-file';

export interface WrittenObject {
  key: string;
  /** Bytes. */
  size: number;
  /** Names this version of the object in this store; opaque, no checksum. Versions of equal bytes may share theirs. */
  etag: string;
}

export interface StoredObject extends WrittenObject {
  lastModified: Date;
}

/** Write only where there is nothing (`ifNoneMatch: '*'`), or only over this version (`ifMatch: etag`). */
export interface WriteCondition {
  ifNoneMatch?: '*';
  ifMatch?: string;
}

export interface WriteOptions extends WriteCondition {
  /** May be lost in a power cut, for whoever wrote it will write it again: no waiting for the disk. */
  scratch?: boolean;
}

export type ObjectBody = Readable | Uint8Array | LocalFile;

/**
 * Named byte sequences. An object appears whole or not at all, and is replaced in one step. Keys are paths with `/`
 * between their parts (`checkKey` has the rules). All errors are those of `errors.ts`.
 */
export interface ObjectStore {
  /** Where this store is, for logs and messages: no credentials in it. */
  readonly url: string;

  /**
   * Writes an object from a stream, from bytes or from a file, with memory bounded by one part.
   * A swap (`ifMatch`) by the very bytes that are there may leave the etag as it is, so that a second swap succeeds as well.
   * A key that is ever written with a condition must always be: only conditional writes see each other.
   * Throws PreconditionFailedError, ChecksumError for a file that has changed, StorageFullError, StorageUnavailableError; then nothing has changed, except that
   * after StorageUnavailableError the store may have done the write and only its answer was lost.
   */
  put(key: string, body: ObjectBody, options?: WriteOptions): Promise<WrittenObject>;

  /**
   * A stream of the object's bytes, one version from start to end. With `sha256` (hex) the stream fails with
   * ChecksumError instead of ending when the bytes hash to something else. Throws ObjectNotFoundError.
   */
  get(key: string, options?: { sha256?: string }): Promise<Readable>;

  head(key: string): Promise<StoredObject | null>;

  /** Every object whose key starts with `prefix` (a string prefix, may be empty), in the order of the keys' bytes. */
  list(prefix: string): AsyncIterable<StoredObject>;

  /** Nothing to delete is no error. */
  delete(key: string): Promise<void>;

  /** Whether the store is there and lets us in; creates it where that is allowed. Throws what is wrong. */
  check(): Promise<void>;

  /** Removes what writers that died before `before` left half written (never visible, but it takes space). */
  removePartialWrites(before: Date): Promise<number>;
}
