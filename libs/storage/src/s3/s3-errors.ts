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

/** The fields that we read from an error of the AWS client or of Node's network. */
interface S3ClientError extends Error {
  /** Of a network error, such as `ECONNRESET`. */
  readonly code?: string;
  /** Set if the server responded with an error; `name` is then its code. */
  readonly $fault?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** The server did not execute the request: it may be sent again, also if it is not idempotent. */
const NOT_EXECUTED = new Set([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'],
  ...['BadDigest', 'XAmzContentSHA256Mismatch', 'SlowDown', 'ConditionalRequestConflict', 'OperationAborted'],
]);
const NOT_EXECUTED_STATUS = new Set([429, 503]);

/** The server may have executed the request. */
const IN_DOUBT = new Set([
  ...['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ERR_STREAM_PREMATURE_CLOSE'],
  ...['TimeoutError', 'RequestTimeout', 'InternalError', 'ServiceUnavailable'],
]);
const IN_DOUBT_STATUS = new Set([408, 500, 502, 504]);

/** Responses without a body, such as those to HEAD requests, have no error code. */
const CODE_OF_STATUS: Record<number, string> = {
  403: 'AccessDenied',
  404: 'NotFound',
  412: 'PreconditionFailed',
};

const statusOf = (error: unknown): number => (error as S3ClientError)?.$metadata?.httpStatusCode ?? 0;
const isFromServer = (error: unknown): boolean => (error as S3ClientError)?.$fault !== undefined;

/** The error code of S3, of Node's network, or the name of the error. */
export function codeOf(error: unknown): string {
  const { name, code } = error as S3ClientError;
  if (!isFromServer(error)) return code ?? name;
  return /^[A-Z][A-Za-z0-9]+$/.test(name) && name !== 'UnknownError'
    ? name
    : (CODE_OF_STATUS[statusOf(error)] ?? name);
}

/** Whether the object does not exist. */
export const isNotFound = (error: unknown): boolean => ['NotFound', 'NoSuchKey'].includes(codeOf(error));

/** Whether a request that is not idempotent may be sent again. */
export const isNotExecuted = (error: unknown): boolean =>
  NOT_EXECUTED.has(codeOf(error)) || NOT_EXECUTED_STATUS.has(statusOf(error));

/** Whether an idempotent request may be sent again. */
export const isTransient = (error: unknown): boolean =>
  isNotExecuted(error) || IN_DOUBT.has(codeOf(error)) || IN_DOUBT_STATUS.has(statusOf(error));

export interface Operation {
  /** Such as `Writing "a/b"`. */
  doing: string;
  key?: string;
  condition?: WriteCondition;
}

export function missingBucket(where: string, options?: ErrorOptions): StorageRefusedError {
  return new StorageRefusedError(
    `${where} does not exist; create the bucket, or allow its creation.`,
    options,
  );
}

/** Converts an error of the client or of the network to a StorageError. @param where the bucket and the endpoint */
export function fromS3Error(error: unknown, { doing, key, condition }: Operation, where: string): Error {
  if (error instanceof StorageError) return error;
  const options = { cause: error };
  const what = `${doing} in ${where}`;
  const code = codeOf(error);
  const message = (error instanceof Error ? error.message : String(error)) || code;
  if (isTransient(error))
    return new StorageUnavailableError(`${what}: all attempts failed (${message}).`, options);
  switch (code) {
    case 'PreconditionFailed':
      if (key && condition) return new PreconditionFailedError(key, condition);
      return new StorageUnavailableError(
        `${what}: the object was replaced during the read; read it again.`,
        options,
      );
    case 'NoSuchBucket':
      return missingBucket(where, options);
    case 'NoSuchKey':
    case 'NotFound':
      // A missing object does not have the etag of the condition.
      if (key && condition?.ifMatch) return new PreconditionFailedError(key, condition);
      if (key) return new ObjectNotFoundError(key);
      break;
    case 'AccessDenied':
    case 'InvalidAccessKeyId':
    case 'SignatureDoesNotMatch':
      return new StorageRefusedError(
        `${what}: access denied (${code}); check the access key, its secret and its policy.`,
        options,
      );
    case 'QuotaExceeded':
    case 'XMinioStorageFull':
    case 'XMinioAdminBucketQuotaExceeded':
    case 'InsufficientStorage':
      return new StorageFullError(
        `${what}: the store is full (${code}); free some space or raise the quota.`,
        options,
      );
    case 'KeyTooLongError':
    case 'ExistingObjectIsDirectory':
    case 'ObjectParentIsFile':
    case 'XMinioInvalidObjectName':
      return new InvalidKeyError(`${what}: ${message}`, options);
  }
  // Other responses of the server. Errors from this process, such as one of the caller's stream, are not its failure.
  const ErrorClass = isFromServer(error) ? StorageRefusedError : StorageError;
  return new ErrorClass(`${what}: ${message}`, options);
}
