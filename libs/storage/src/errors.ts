import type { WriteCondition } from './object-store';

/**
 * The base class of all errors of a store. Every message names the key and a remedy. The cause, if any, is the error of
 * the operating system or of the S3 client.
 */
export class StorageError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The key violates the rules for keys. */
export class InvalidKeyError extends StorageError {}

/** No object has this key. */
export class ObjectNotFoundError extends StorageError {
  constructor(readonly key: string) {
    super(`There is no object "${key}" in the store; list its prefix to see what exists.`);
  }
}

/** The condition of a write does not hold, because another writer was first. Read again, decide, write again. */
export class PreconditionFailedError extends StorageError {
  constructor(
    readonly key: string,
    condition: WriteCondition,
  ) {
    const reason = condition.ifNoneMatch ? 'it exists already' : `its etag is not ${condition.ifMatch}`;
    super(`"${key}" was not written: ${reason}; read it again and decide whether to write.`);
  }
}

/** The bytes are not the expected ones. */
export class ChecksumError extends StorageError {}

/**
 * The store itself fails; the request is valid and will succeed once the store is repaired. Work that meets this error
 * retries (`retryUntilAvailable`), and so do messages.
 */
export abstract class StorageFailure extends StorageError {
  readonly infrastructure = true;
}

/** The disk or the quota is full. The write is not visible. */
export class StorageFullError extends StorageFailure {}

/** The store did not respond or failed, after all retries. The same call may succeed later. */
export class StorageUnavailableError extends StorageFailure {}

/** The store responds but rejects the request: invalid credentials, no permission, no bucket, or an unexpected response. */
export class StorageRefusedError extends StorageFailure {}
