import { z } from 'zod';
import type { DatasetKind } from '../adapters/adapter';
import type { Split } from '../split';

/** The names of the files and folders of an ingested dataset. */
export const recordsFile = (split: string) => `records/${split}.jsonl`;
export const shardsFolder = (split: string) => `shards/${split}`;
export const REPORT_FILE = 'report.json';
export const MANIFEST_FILE = 'dataset.json';

/** The content of `dataset.json`: the files of the dataset with their hashes. It is written last, so a folder without it is incomplete. */
export interface DatasetManifest {
  format: 'open-chatgpt-dataset';
  version: 1;
  kind: DatasetKind;
  optionsHash: string;
  splits: Record<Split, { records: ManifestFile & { rows: number }; shards?: ManifestShards }>;
  report: ManifestFile;
}

interface ManifestFile {
  path: string;
  bytes: number;
  sha256: string;
}

interface ManifestShards extends ManifestFile {
  /** Of all shards of the folder. `path` names their index, which has the hash of each. */
  rows: number;
  documents: number;
  tokens: number;
}

const file = z.object({
  path: z.string().regex(/^(?!\/)(?!.*\.\.)[\w./-]+$/, 'expected a path inside the dataset'),
  bytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
const count = z.int().min(0);
const split = z.object({
  records: file.extend({ rows: count }),
  shards: file.extend({ rows: count, documents: count, tokens: count }).optional(),
});
const manifestSchema = z.object({
  format: z.literal('open-chatgpt-dataset'),
  version: z.literal(1),
  kind: z.enum(['supervised', 'preference', 'unpaired', 'prompts']),
  optionsHash: z.string(),
  splits: z.object({ train: split, eval: split }),
  report: file,
});

/** Parses a manifest. @throws Error that names `path` and what is wrong */
export function parseManifest(text: string, path: string): DatasetManifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${path}: no JSON (${(error as Error).message}); fetch or ingest the dataset again.`);
  }
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) throw new Error(`${path}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
