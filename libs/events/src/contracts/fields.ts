import { algorithmNames } from '@open-chatgpt/pipeline';
import { z } from 'zod';

/** Building blocks of the contracts: every string and every list has an upper bound, every number is finite. */

/** A name that is valid in object keys, file names and Kubernetes labels. */
export const identifier = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'expected letters, digits, ".", "_" and "-", at most 128');

export const text = (longest: number) => z.string().max(longest);

export const count = z.int().min(0);

export const seconds = z.number().min(0);

export const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'expected the 64 lower-case hex digits of a SHA-256');

/** Named numbers; numbers that are not finite are left out. */
export const metrics = z.record(text(128), z.number());

/** Named numbers and texts, for display. */
export const facts = z.record(text(128), z.union([z.number(), text(1024)]));

/** Number of dropped rows or samples for each reason. */
export const countsByReason = z.record(text(128), count);

export const runId = identifier.describe('the run');

export const pipelineId = identifier.optional().describe('the pipeline of the run');

export const stage = identifier.describe('name of the stage in its pipeline');

export const algorithm = z
  .enum(algorithmNames)
  .describe('the algorithm of the stage, which determines the service that executes it');

/** The reason for a failure. */
export const failure = z.strictObject({
  code: text(128).describe('kind of failure, such as OutOfMemory'),
  message: text(8192).describe('what failed, where, and the remedy'),
});
