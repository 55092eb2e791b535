import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openObjectStore, s3OptionsFromEnv } from './open';
import type { S3Options } from './s3/s3-store';

describe('openObjectStore', () => {
  it.each<[string, string]>([
    [join(tmpdir(), 'a b'), pathToFileURL(join(tmpdir(), 'a b')).href],
    ['file:///data/store', 'file:///data/store'],
    ['relative', pathToFileURL(join(process.cwd(), 'relative')).href],
    ['s3://bucket', 's3://bucket/'],
    ['s3://bucket/', 's3://bucket/'],
    ['s3://my.bucket-1/deep/prefix/', 's3://my.bucket-1/deep/prefix/'],
  ])('opens %s', (url, expected) => {
    expect(openObjectStore(url, { region: 'eu-1' }).url).toBe(expected);
  });

  it.each<[string, S3Options, RegExp]>([
    ['', {}, /URL of the object store is empty; use a path or s3:/],
    ['gs://bucket', {}, /"gs:\/\/" is not supported; use s3:\/\/, file:\/\/ or a path/],
    ['s3://', {}, /"" is not a bucket name; use s3:\/\/bucket/],
    ['s3://Bucket', {}, /"Bucket" is not a bucket name/],
    ['s3://a..b', {}, /"a\.\.b" is not a bucket name/],
    ['s3://bucket/a/../b', {}, /the part "\.\."/],
    [
      's3://bucket',
      { endpoint: 'minio:9000' },
      /endpoint "minio:9000" is not a URL such as http:\/\/minio:9000/,
    ],
    ['s3://bucket', { endpoint: 'http://minio:9000/path' }, /is not a URL such as/],
    ['s3://bucket', { accessKey: 'only', region: 'eu-1' }, /set both, or neither/],
    ['s3://bucket', {}, /no S3 server is named; .*AWS_ENDPOINT_URL.*AWS_REGION/],
  ])('rejects "%s" %j', (url, options, message) => {
    expect(() => openObjectStore(url, options)).toThrow(message);
  });

  it('has no credentials in its URL', () => {
    const options = { endpoint: 'http://127.0.0.1:1', accessKey: 'who', secretKey: 'secret' };
    expect(openObjectStore('s3://bucket', options).url).toBe('s3://bucket/');
  });
});

describe('s3OptionsFromEnv', () => {
  it('reads the variables of all S3 tools, and ignores empty ones', () => {
    const env = {
      AWS_ENDPOINT_URL: 'http://all:1',
      AWS_ACCESS_KEY_ID: 'who',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_SESSION_TOKEN: '',
      AWS_DEFAULT_REGION: 'eu-1',
    };
    expect(s3OptionsFromEnv(env)).toEqual({
      endpoint: 'http://all:1',
      accessKey: 'who',
      secretKey: 'secret',
      sessionToken: undefined,
      region: 'eu-1',
    });
    expect(
      s3OptionsFromEnv({ ...env, AWS_ENDPOINT_URL_S3: 'http://s3:1', AWS_REGION: 'us-2' }),
    ).toMatchObject({
      endpoint: 'http://s3:1',
      region: 'us-2',
    });
  });
});
