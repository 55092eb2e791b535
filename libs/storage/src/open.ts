import { fileURLToPath } from 'node:url';
import { StorageError } from './errors';
import { FolderStore } from './folder/folder-store';
import { checkKey } from './key';
import type { ObjectStore } from './object-store';
import type { S3Options } from './s3/s3-store';

function openS3(url: string, options: S3Options): ObjectStore {
  const [, bucket = '', path = ''] = /^s3:\/\/([^/]*)(?:\/(.*))?$/.exec(url) ?? [];
  const prefix = path.replace(/\/$/, '');
  // Amazon's rules for bucket names.
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket) || bucket.includes('..'))
    throw new StorageError(
      `${url}: "${bucket}" is not a bucket name; use s3://bucket or s3://bucket/prefix, where the bucket has 3 to 63 ` +
        'lower-case letters, digits, "-" or ".".',
    );
  if (prefix) checkKey(prefix);
  if (options.endpoint && !/^https?:\/\/[^/]+\/?$/.test(options.endpoint))
    throw new StorageError(`The S3 endpoint "${options.endpoint}" is not a URL such as http://minio:9000.`);
  if (!options.endpoint && !options.region)
    throw new StorageError(
      `${url}: no S3 server is named; set its URL in OPEN_CHATGPT_S3_ENDPOINT or AWS_ENDPOINT_URL. For Amazon S3, set the region in ` +
        'OPEN_CHATGPT_S3_REGION or AWS_REGION.',
    );
  if (!options.accessKey !== !options.secretKey)
    throw new StorageError(
      'An S3 access key needs its secret key; set both, or neither for a public bucket.',
    );
  // Only an S3 store loads the AWS client, because that takes 0.1 s.
  const { S3Store }: typeof import('./s3/s3-store') = require('./s3/s3-store');
  return new S3Store(bucket, prefix, options);
}

/**
 * Opens the store at `url`: `s3://bucket/prefix`, `file:///folder` or a path. Sends no request; `check()` does. S3 needs an endpoint,
 * or the region of Amazon: no server is asked that nobody has named.
 * Throws StorageError if the URL or the options are invalid.
 */
export function openObjectStore(url: string, options: S3Options = {}): ObjectStore {
  if (url === '')
    throw new StorageError('The URL of the object store is empty; use a path or s3://bucket/prefix.');
  if (url.startsWith('s3://')) return openS3(url, options);
  if (url.startsWith('file://')) return new FolderStore(fileURLToPath(url));
  // At least two letters, because C:\ is a path.
  const [, scheme] = /^([a-z][a-z0-9+.-]+):\/\//i.exec(url) ?? [];
  if (scheme)
    throw new StorageError(`${url}: "${scheme}://" is not supported; use s3://, file:// or a path.`);
  return new FolderStore(url);
}

/** Reads the options from the environment variables that all S3 tools use. */
export function s3OptionsFromEnv(env: NodeJS.ProcessEnv): S3Options {
  return {
    endpoint: env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL'] || undefined,
    accessKey: env['AWS_ACCESS_KEY_ID'] || undefined,
    secretKey: env['AWS_SECRET_ACCESS_KEY'] || undefined,
    sessionToken: env['AWS_SESSION_TOKEN'] || undefined,
    region: env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || undefined,
  };
}
