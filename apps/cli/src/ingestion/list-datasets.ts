import { text } from 'node:stream/consumers';
import { type DatasetKind, parseManifest } from '@open-chatgpt/datasets';
import type { ObjectStore } from '@open-chatgpt/storage';

export interface ListedDataset {
  name: string;
  kind: DatasetKind | null;
  train: number | null;
  heldOut: number | null;
  /** Number of tokens of both splits; null if nothing was tokenized. */
  tokens: number | null;
  /** ISO 8601. */
  date: string;
  /** The reason why it cannot be used. */
  problem: string | null;
}

/** The key of a dataset of `openchat data ingest`, or of a dataset that a platform published. */
const DATASET = /^(?:(.+?)\/)??(?:([0-9a-f]{32})\/files\/)?dataset\.json$/;

/** The datasets of a store, by name. A dataset without a manifest is incomplete and left out. */
export async function listDatasets(store: ObjectStore): Promise<ListedDataset[]> {
  const found: ListedDataset[] = [];
  for await (const { key, lastModified } of store.list('')) {
    const match = DATASET.exec(key);
    if (!match || key.includes('.partial/')) continue;
    const [, name = '.', version] = match;
    if (version && !(await store.head(key.replace(/files\/dataset\.json$/, 'manifest.json')))) continue;
    const facts = await describe(store, key);
    found.push({
      name: version ? `${name}@${version.slice(0, 8)}` : name,
      ...facts,
      date: lastModified.toISOString(),
    });
  }
  return found;
}

async function describe(store: ObjectStore, key: string): Promise<Omit<ListedDataset, 'name' | 'date'>> {
  try {
    const { kind, splits } = parseManifest(await text(await store.get(key)), key);
    const shards = [splits.train.shards, splits.eval.shards];
    return {
      kind,
      train: splits.train.records.rows,
      heldOut: splits.eval.records.rows,
      tokens: shards[0] ? shards.reduce((sum, one) => sum + (one?.tokens ?? 0), 0) : null,
      problem: null,
    };
  } catch (error) {
    return { kind: null, train: null, heldOut: null, tokens: null, problem: (error as Error).message };
  }
}
