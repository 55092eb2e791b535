import { z } from 'zod';
import { withoutCredentials } from './credentials';
import { count, sha256, text } from './fields';

const uri = withoutCredentials(
  text(2048).refine((value) => URL.canParse(value) && !value.toLowerCase().startsWith('data:'), {
    error: 'expected the absolute URI of an object, such as s3://bucket/key',
  }),
);

/** A reference to large data: to an object, or to a manifest that lists and hashes further objects. */
export const dataref = z.strictObject({
  uri: uri.describe('s3://bucket/key or file:///folder/file, without credentials, so never presigned'),
  sha256: sha256.describe('SHA-256 of the bytes at the URI; readers verify it'),
  size: count.describe('number of bytes at the URI'),
  version: text(128).describe(
    'version of the content: version id of the store, step of the checkpoint, release …',
  ),
});

export type Dataref = z.output<typeof dataref>;

/** One version of a model's weights. */
export const modelVersion = z.strictObject({
  version: sha256.describe('hash of the weights: equal weights, equal version'),
  weights: dataref.describe('the weights, or only the adapter if readers know the base'),
});

export type ModelVersion = z.output<typeof modelVersion>;
