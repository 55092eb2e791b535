import { fileURLToPath } from 'node:url';
import { StorageError } from './errors';
import { FolderStore } from './folder/folder-store';
import { checkKey } from './key';
import type { ObjectStore } from './object-store';
import { type S3Options, S3Store } from './s3/s3-store';

function openS3(url: string, options: S3Options): ObjectStore {
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]*)\/?(.*?)\/?$/.exec(url) ?? [];
  // Amazon's rules for names; the S3 client has the same.
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket) || bucket.includes('..'))
    throw new StorageError(
      `${url}: "${bucket}" is no bucket name; write s3://bucket or s3://bucket/prefix, the bucket being 3 to 63 ` +
        'lower-case letters, digits, "-" or ".".',
    );
  if (prefix) checkKey(prefix);
  if (options.endpoint && !/^https?:\/\/[^/]+\/?$/.test(options.endpoint))
    throw new StorageError(`The S3 endpoint "${options.endpoint}" is no URL like http://minio:9000.`);
  if (!options.accessKey !== !options.secretKey)
    throw new StorageError(
      'An S3 access key and its secret belong together: give both, or neither for a public bucket.',
    );
  return new S3Store(bucket, prefix, options);
}

/**
 * The store at `url`: `s3://bucket/prefix`, `file:///folder` or a path. Asks nothing of it yet; `check()` does.
 * Throws StorageError with what is wrong with the URL or the options.
 */
export function openObjectStore(url: string, options: S3Options = {}): ObjectStore {
  if (url === '')
    throw new StorageError('The URL of the object store is empty; give a path or s3://bucket/prefix.');
  if (url.startsWith('s3://')) return openS3(url, options);
  if (url.startsWith('file://')) return new FolderStore(fileURLToPath(url));
  // Two letters at least: C:\ is a path.
  const [, scheme] = /^([a-z][a-z0-9+.-]+):\/\//i.exec(url) ?? [];
  if (scheme)
    throw new StorageError(`${url}: there is no store for "${scheme}://"; use s3://, file:// or a path.`);
  return new FolderStore(url);
}

/** The options that the environment gives, by the names that all S3 tools share. */
export function s3OptionsFromEnv(env: NodeJS.ProcessEnv): S3Options {
  return {
    endpoint: env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL'] || undefined,
    accessKey: env['AWS_ACCESS_KEY_ID'] || undefined,
    secretKey: env['AWS_SECRET_ACCESS_KEY'] || undefined,
    sessionToken: env['AWS_SESSION_TOKEN'] || undefined,
    region: env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || undefined,
  };
}
