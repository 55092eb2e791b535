import { algorithmNames } from '@open-chatgpt/pipeline';
import { z } from 'zod';

/** Building blocks of the contracts: every string and every list has an upper bound, every number is finite. */

/** A name that may stand in object keys, file names and Kubernetes labels. */
export const identifier = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'expected letters, digits, ".", "_" and "-", at most 128');

export const text = (longest: number) => z.string().max(longest);

export const count = z.int().min(0);

export const seconds = z.number().min(0);

export const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'expected the 64 lower-case hex digits of a SHA-256');

/** Named figures; one that is not finite is left out. */
export const metrics = z.record(text(128), z.number());

/** Named facts for people to read. */
export const facts = z.record(text(128), z.union([z.number(), text(1024)]));

/** How many rows or samples were dropped for each reason. */
export const countsByReason = z.record(text(128), count);

export const runId = identifier.describe('the run');

export const pipelineId = identifier.optional().describe('the pipeline that the run is a stage of');

export const stage = identifier.describe('the stage of the pipeline, by its name there');

export const algorithm = z
  .enum(algorithmNames)
  .describe('the algorithm of the stage, which says who executes it');

/** Why something failed, for people and for retry rules. */
export const failure = z.strictObject({
  code: text(128).describe('what kind of failure, such as OutOfMemory'),
  message: text(8192).describe('what went wrong, where, and the remedy'),
  retryable: z.boolean().describe('whether the same request may succeed later'),
});
