import { type DedupOptions, dedupOptions } from '@open-chatgpt/pipeline';
import { z } from 'zod';

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
