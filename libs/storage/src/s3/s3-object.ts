import type { S3Client } from '@aws-sdk/client-s3';
import type { RetryOptions } from '../retry';

/** Sends a request, and retries it as far as it is safe. */
export type Send = <T>(request: () => Promise<T>) => Promise<T>;

/** An object in a bucket, and how to send requests for it. */
export interface S3Object {
  client: S3Client;
  /** The parameters of its requests. */
  address: { Bucket: string; Key: string };
  retries: RetryOptions;
  /** Sends an idempotent request. */
  send: Send;
}

/** S3 quotes etags. */
export const unquoted = (etag: string | undefined): string => (etag ?? '').replaceAll('"', '');
