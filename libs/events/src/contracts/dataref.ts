import { z } from 'zod';
import { withoutCredentials } from './credentials';
import { count, sha256, text } from './fields';

const uri = withoutCredentials(
  text(2048).refine((value) => URL.canParse(value) && !value.toLowerCase().startsWith('data:'), {
    error: 'expected the absolute URI of an object, such as s3://bucket/key',
  }),
);

/** Large data by reference: an object, or a manifest that lists and hashes further objects. */
export const dataref = z.strictObject({
  uri: uri.describe(
    'where it lies: s3://bucket/key, file:///folder/file …; without credentials, so never presigned',
  ),
  sha256: sha256.describe('of the bytes at the URI; a reader verifies it'),
  size: count.describe('bytes at the URI'),
  version: text(128).describe('of the content: version id of the store, step of the checkpoint, release …'),
});

export type Dataref = z.output<typeof dataref>;

/** Weights as they were at one moment. */
export const modelVersion = z.strictObject({
  version: sha256.describe('hash of the weights: equal weights, equal version'),
  weights: dataref.describe('the weights, or only the adapter where the base is known'),
});

export type ModelVersion = z.output<typeof modelVersion>;
