import { z } from 'zod';
import { count, sha256, text } from './fields';

/** A reference is passed around and logged, so it must not open anything by itself, nor be the data. */
const uri = text(2048).superRefine((value, context) => {
  const complain = (message: string) => context.addIssue({ code: 'custom', message, input: value });
  if (!URL.canParse(value))
    return complain(`expected an absolute URI such as s3://bucket/key; found "${value}"`);
  const { protocol, username, password, search } = new URL(value);
  if (protocol === 'data:') return complain('expected where the data lies; found the data itself (data:)');
  if (username || password) complain('must not hold a user name or password; configure them at the store');
  if (search) complain('must not hold a query, for presigned URLs are credentials; name the object itself');
});

/** Large data by reference: an object, or a manifest that lists and hashes further objects. */
export const dataref = z.strictObject({
  uri: uri.describe('where it lies: s3://bucket/key, file:///folder/file …; without credentials or a query'),
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
