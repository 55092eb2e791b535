import type { Readable } from 'node:stream';
import type { LocalFile } from './local-file';

export interface WrittenObject {
  key: string;
  /** Bytes. */
  size: number;
  /** Identifies this version of the object in this store. It is opaque, not a checksum. Equal bytes may have equal etags. */
  etag: string;
}

export interface StoredObject extends WrittenObject {
  lastModified: Date;
}

/** Write only if the object does not exist (`ifNoneMatch: '*'`), or only over this version (`ifMatch: etag`). */
export interface WriteCondition {
  ifNoneMatch?: '*';
  ifMatch?: string;
}

export interface WriteOptions extends WriteCondition {
  /** The object can be written again, so it may be lost in a power cut: the write does not wait for the disk. */
  scratch?: boolean;
}

export type ObjectBody = Readable | Uint8Array | LocalFile;

/**
 * Byte sequences under keys. A write is atomic: an object appears completely or not at all, and is replaced in one step.
 * Keys are paths with `/` between their parts (`checkKey` has the rules). All errors are classes of `errors.ts`.
 */
export interface ObjectStore {
  /** The address of this store, for logs and messages; without credentials. */
  readonly url: string;

  /**
   * Writes an object from a stream, from bytes or from a file. It needs memory for one part at most.
   * A compare-and-swap (`ifMatch`) by equal bytes may keep the etag, so that a second one with the same etag succeeds too.
   * If a key is ever written with a condition, it must always be: an unconditional write is invisible to conditional ones.
   * Throws PreconditionFailedError, ChecksumError for a file that has changed, StorageFullError, StorageUnavailableError.
   * Then nothing has changed. Only after StorageUnavailableError the write may have succeeded without its response.
   */
  put(key: string, body: ObjectBody, options?: WriteOptions): Promise<WrittenObject>;

  /**
   * Opens a stream of the object's bytes, all of one version. With `sha256` (hex) the stream fails with ChecksumError
   * at its end if the hash of the bytes differs. Throws ObjectNotFoundError.
   */
  get(key: string, options?: { sha256?: string }): Promise<Readable>;

  head(key: string): Promise<StoredObject | null>;

  /** All objects whose key starts with `prefix` (any string, also empty), sorted by the bytes of their keys. */
  list(prefix: string): AsyncIterable<StoredObject>;

  /** Deletes an object. A missing object is not an error. */
  delete(key: string): Promise<void>;

  /** Checks that the store is available and grants access. Creates it if that is allowed. Throws the reason. */
  check(): Promise<void>;

  /** Removes incomplete writes that started before `before`. They were never visible, but take space. @returns how many */
  removePartialWrites(before: Date): Promise<number>;
}
