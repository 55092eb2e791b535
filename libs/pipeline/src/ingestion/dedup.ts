import { z } from 'zod';

/**
 * How duplicates are found. Two texts with Jaccard similarity s become candidates with probability 1 − (1 − s^r)^b for b bands of
 * r = numHashes / b hashes, a curve that rises around s = (1/b)^(1/r) (Leskovec, Rajaraman & Ullman, "Mining of Massive Datasets",
 * 3.4.2). Candidates are duplicates when their signatures estimate s ≥ threshold. The defaults, 14 bands of 8 hashes, are FineWeb's
 * (Penedo et al. 2024): the curve rises around 0.72, and reaches 0.92 at s = 0.8.
 */
export const dedupOptions = z
  .strictObject({
    exact: z.boolean().default(true).describe('drop rows whose normalized text occurred before'),
    near: z.boolean().default(true).describe('drop rows that are nearly equal to an earlier one'),
    by: z
      .enum(['example', 'prompt'])
      .default('example')
      .describe('compare whole examples, or only the messages before the first answer'),
    numHashes: z.int().min(1).max(1024).default(112).describe('hashes in a signature, a multiple of bands'),
    bands: z.int().min(1).default(14).describe('bands of a signature'),
    threshold: z.number().gt(0).max(1).default(0.8).describe('similarity from which two rows are duplicates'),
    shingleSize: z.int().min(1).max(32).default(3).describe('words (Chinese characters) in a shingle'),
    sameNumbers: z
      .boolean()
      .default(true)
      .describe('texts with different numbers are never near-duplicates: they are different exercises'),
    memoryMiB: z
      .number()
      .gt(0)
      .default(512)
      .describe('memory of the indexes; when it is full, the oldest rows are removed from them'),
  })
  .refine(({ numHashes, bands }) => numHashes % bands === 0, {
    path: ['bands'],
    message: 'numHashes must be a multiple of bands, as 112 of 14',
  });

export type DedupOptions = z.input<typeof dedupOptions>;
