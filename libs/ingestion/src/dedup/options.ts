import { z } from 'zod';

/**
 * How duplicates are found. Two texts with Jaccard similarity s become candidates with probability 1 − (1 − s^r)^b for b bands of
 * r = numHashes / b hashes, a curve that rises around s = (1/b)^(1/r) (Leskovec, Rajaraman & Ullman, "Mining of Massive Datasets",
 * 3.4.2). Candidates are duplicates when their signatures estimate s ≥ threshold. The defaults, 14 bands of 8 hashes, are FineWeb's
 * (Penedo et al. 2024): the curve rises around 0.72, and reaches 0.92 at s = 0.8.
 */
export const dedupOptions = z
  .strictObject({
    /** Drop rows whose normalized text occurred before. */
    exact: z.boolean().default(true),
    /** Drop rows that are nearly equal to an earlier one. */
    near: z.boolean().default(true),
    /** Compare whole examples, or only the messages before the first answer. */
    by: z.enum(['example', 'prompt']).default('example'),
    numHashes: z.int().min(1).max(1024).default(112),
    bands: z.int().min(1).default(14),
    threshold: z.number().gt(0).max(1).default(0.8),
    /** Words (Chinese characters) in a shingle. */
    shingleSize: z.int().min(1).max(32).default(3),
    /** Texts with different numbers are never near-duplicates: they are different exercises. */
    sameNumbers: z.boolean().default(true),
    /** Memory of the indexes. When it is full, the oldest rows are removed from them. */
    memoryMiB: z.number().gt(0).default(512),
  })
  .refine(({ numHashes, bands }) => numHashes % bands === 0, {
    path: ['bands'],
    message: 'numHashes must be a multiple of bands, as 112 of 14',
  });

export type DedupOptions = z.input<typeof dedupOptions>;

/** The options with their defaults. @throws Error that names the wrong field */
export function parseDedupOptions(options: DedupOptions = {}): z.output<typeof dedupOptions> {
  const parsed = dedupOptions.safeParse(options);
  if (!parsed.success) throw new Error(`dedup: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** The probability that two texts of Jaccard similarity `similarity` become candidates. */
export function candidateProbability(similarity: number, numHashes: number, bands: number): number {
  return 1 - (1 - similarity ** (numHashes / bands)) ** bands;
}
