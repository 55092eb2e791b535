import { S3Error } from 'minio';
import {
  InvalidKeyError,
  ObjectNotFoundError,
  PreconditionFailedError,
  StorageError,
  StorageFullError,
  StorageRefusedError,
  StorageUnavailableError,
} from '../errors';
import type { WriteCondition } from '../object-store';

/** An answer that says "not now", or none in time; raised by the transport. */
export class TransientHttpError extends Error {
  constructor(
    readonly status: number,
    detail: string,
  ) {
    super(`HTTP ${status}${detail && `: ${detail}`}`);
  }
}

/** Raised before the server did anything: the request may be sent again whatever it was. */
const NOT_DONE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'BadDigest',
  'XAmzContentSHA256Mismatch',
  'SlowDown',
]);
NOT_DONE.add('ConditionalRequestConflict').add('OperationAborted');

/** Raised when nobody knows whether the server did it. */
const IN_DOUBT = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'RequestTimeout',
]);
IN_DOUBT.add('InternalError').add('ServiceUnavailable').add('ERR_STREAM_PREMATURE_CLOSE');

export const codeOf = (error: unknown): string => (error as { code?: string })?.code ?? '';

/** Worth another attempt if the request changes nothing, or changes the same again. */
export const isTransient = (error: unknown) =>
  error instanceof TransientHttpError || NOT_DONE.has(codeOf(error)) || IN_DOUBT.has(codeOf(error));

/** Worth another attempt even if the request must not be done twice. */
export const isNotDone = (error: unknown) =>
  NOT_DONE.has(codeOf(error)) ||
  (error instanceof TransientHttpError && (error.status === 429 || error.status === 503));

export interface Request {
  /** As in `writing "a/b"`. */
  doing: string;
  key?: string;
  condition?: WriteCondition;
  bucket: string;
  endpoint: string;
}

/** The S3 client's or the network's error as one of ours. */
export function fromS3Error(error: unknown, { doing, key, condition, bucket, endpoint }: Request): Error {
  if (error instanceof StorageError) return error;
  const options = { cause: error };
  const where = `${doing} in bucket "${bucket}" at ${endpoint}`;
  const message = error instanceof Error ? error.message : String(error);
  if (isTransient(error))
    return new StorageUnavailableError(
      `${where}: no success after all attempts (${message || codeOf(error)}).`,
      options,
    );
  switch (codeOf(error)) {
    case 'PreconditionFailed':
      if (key && condition) return new PreconditionFailedError(key, condition);
      return new StorageUnavailableError(
        `${where}: the object was replaced meanwhile; start again.`,
        options,
      );
    case 'NoSuchBucket':
      return new StorageRefusedError(
        `${where}: there is no such bucket; create it, or allow its creation.`,
        options,
      );
    case 'NoSuchKey':
    case 'NotFound':
      // An object that must have a certain etag and is not there does not have it.
      if (key && condition?.ifMatch) return new PreconditionFailedError(key, condition);
      if (key) return new ObjectNotFoundError(key);
      break;
    case 'AccessDenied':
    case 'InvalidAccessKeyId':
    case 'SignatureDoesNotMatch':
      return new StorageRefusedError(
        `${where}: refused (${codeOf(error)}); check the access key, its secret and its policy.`,
        options,
      );
    case 'QuotaExceeded':
    case 'XMinioStorageFull':
    case 'XMinioAdminBucketQuotaExceeded':
    case 'InsufficientStorage':
      return new StorageFullError(
        `${where}: the store is full (${codeOf(error)}); free some space or raise the quota.`,
        options,
      );
    case 'KeyTooLongError':
    case 'ExistingObjectIsDirectory':
    case 'ObjectParentIsFile':
    case 'XMinioInvalidObjectName':
      return new InvalidKeyError(`${where}: ${message}`, options);
  }
  // Anything else that the server says, as against what went wrong here, in the caller's stream for example.
  const Kind = error instanceof S3Error ? StorageRefusedError : StorageError;
  return new Kind(`${where}: ${message || codeOf(error)}`, options);
}
