import { type IngestedDataset, isIngested, openDataset } from '@open-chatgpt/datasets';
import type { DatasetSource } from '@open-chatgpt/pipeline';

/**
 * The data set that ingestion wrote at that path, where a stage can train on it as it is; null where its rows must be read,
 * cut to a limit, or split.
 */
export async function ingestedDataset({
  path,
  adapter,
  limit,
  evalFraction,
}: DatasetSource): Promise<IngestedDataset | null> {
  if (adapter !== undefined || limit !== null || !(await isIngested(path))) return null;
  const dataset = await openDataset(path);
  return evalFraction > 0 && !isHeldOut(dataset) ? null : dataset;
}

/** Whether some of it was held out when it was ingested. */
export function isHeldOut({ manifest }: IngestedDataset): boolean {
  return manifest.splits.eval.records.rows > 0;
}
