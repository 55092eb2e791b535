import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { DatasetKind, ExampleKinds } from '../adapters/adapter';
import { readBytes, readLines } from '../ingest/read-lines';
import { fromRecord, type RecordOrigin } from '../ingest/records';
import type { DatasetManifest, IngestReport } from '../ingest/report';
import type { Side } from '../ingest/side';
import { MANIFEST_FILE } from '../ingest/work-folder';

const file = z.object({
  path: z.string().regex(/^(?!\/)(?!.*\.\.)[\w./-]+$/, 'expected a path inside the data set'),
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
  kind: z.enum(['supervised', 'preference', 'prompts']),
  optionsHash: z.string(),
  splits: z.object({ train: split, eval: split }),
  report: file,
});

/** A data set that `ingest` has written. */
export interface IngestedDataset {
  folder: string;
  manifest: DatasetManifest;
  report(): Promise<IngestReport>;
  /**
   * The examples of one side, in order, each with where it came from. A data set of conversations or pairs also gives prompts.
   * Throws when it holds none of that kind, or the file is not the one that was written.
   */
  examples<K extends DatasetKind>(kind: K, side: Side): AsyncGenerator<ExampleKinds[K] & RecordOrigin>;
}

/** Whether a path is a folder that `ingest` has finished. */
export async function isIngested(path: string): Promise<boolean> {
  return (await stat(join(path, MANIFEST_FILE)).catch(() => null))?.isFile() ?? false;
}

/** @throws Error when there is no data set, or its description is damaged */
export async function openDataset(folder: string): Promise<IngestedDataset> {
  const path = join(folder, MANIFEST_FILE);
  if (!(await isIngested(folder)))
    throw new Error(`${folder}: no ${MANIFEST_FILE}; expected a folder that \`openchat data ingest\` wrote.`);
  const manifest = parseManifest(await readFile(path, 'utf8'), path);
  return {
    folder,
    manifest,
    report: async () => JSON.parse(await readFile(join(folder, manifest.report.path), 'utf8')),
    examples: (kind, side) => examplesOf(folder, manifest, kind, side),
  };
}

/** The manifest in a text. @throws Error naming `path` and what is wrong */
export function parseManifest(text: string, path: string): DatasetManifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${path}: no JSON (${(error as Error).message}); fetch or ingest the data set again.`);
  }
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) throw new Error(`${path}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

async function* examplesOf<K extends DatasetKind>(
  folder: string,
  manifest: DatasetManifest,
  kind: K,
  side: Side,
): AsyncGenerator<ExampleKinds[K] & RecordOrigin> {
  if (kind !== manifest.kind && kind !== 'prompts')
    throw new Error(`data set ${folder}: holds ${manifest.kind} examples; expected ${kind}. Choose another.`);
  const { path, sha256 } = manifest.splits[side].records;
  const records = join(folder, path);
  const hash = createHash('sha256');
  let line = 0;
  for await (const bytes of readLines(readBytes(records))) {
    hash.update(bytes).update('\n');
    const where = `${records}, line ${++line}`;
    const example = fromRecord(parseRecord(bytes.toString(), where), manifest.kind, where);
    yield (kind === manifest.kind ? example : asPrompt(example)) as ExampleKinds[K] & RecordOrigin;
  }
  if (hash.digest('hex') !== sha256)
    throw new Error(`${records}: not the file that ${MANIFEST_FILE} describes; fetch or ingest it again.`);
}

function parseRecord(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${where}: no JSON (${(error as Error).message}). It was altered; ingest again.`);
  }
}

function asPrompt(example: ExampleKinds[DatasetKind] & RecordOrigin): ExampleKinds['prompts'] {
  if ('prompt' in example) return { messages: example.prompt };
  const { messages } = example;
  return { messages: messages.at(-1)?.role === 'assistant' ? messages.slice(0, -1) : messages };
}
