import type { WriteCondition } from './object-store';

/**
 * What can go wrong in a store, as classes that a caller can tell apart. Every message names the key and a remedy;
 * the cause, where there is one, is the error of the operating system or of the S3 client.
 */
export class StorageError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A key that no store takes; found before anything is asked of the store. */
export class InvalidKeyError extends StorageError {}

/** No object under this key. */
export class ObjectNotFoundError extends StorageError {
  constructor(readonly key: string) {
    super(`There is no object "${key}" in the store; list its prefix to see what is there.`);
  }
}

/** A conditional write whose condition no longer holds: somebody else wrote first. Read again, decide, write again. */
export class PreconditionFailedError extends StorageError {
  constructor(
    readonly key: string,
    condition: WriteCondition,
  ) {
    const wanted = condition.ifNoneMatch ? 'it exists already' : `its etag is not ${condition.ifMatch}`;
    super(`"${key}" was not written: ${wanted}; read it again and decide whether to write.`);
  }
}

/** The bytes read are not the bytes that were written, or not those that were asked for. */
export class ChecksumError extends StorageError {}

/**
 * The store itself fails, whatever is asked of it: what was asked is not to blame, and will be right once the store is
 * repaired. Work that meets this waits (`retryUntilAvailable`), and so do messages.
 */
export abstract class StorageFailure extends StorageError {
  readonly infrastructure = true;
}

/** Disk or quota is full. Nothing of the write is visible. */
export class StorageFullError extends StorageFailure {}

/** The store could not be reached or failed by itself, after all retries: the same call may succeed later. */
export class StorageUnavailableError extends StorageFailure {}

/** The store answers, but does not do its service: wrong credentials, no permission, no bucket, an answer that makes no sense. */
export class StorageRefusedError extends StorageFailure {}
