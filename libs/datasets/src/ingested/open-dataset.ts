import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetKind, ExampleKinds } from '../adapters/adapter';
import { OtherKindError } from '../reading/errors';
import type { Split } from '../split';
import { type DatasetManifest, MANIFEST_FILE, parseManifest } from './manifest';
import { readBytes, readLines } from './read-lines';
import { fromRecord, type RecordOrigin } from './records';

/** A dataset that `ingest` has written. */
export interface IngestedDataset {
  folder: string;
  manifest: DatasetManifest;
  /**
   * The examples of one split, in order, each with its origin. A dataset of conversations or pairs also has prompts.
   * Throws when it has no examples of that kind, or the file differs from its hash.
   */
  examples<K extends DatasetKind>(kind: K, split: Split): AsyncGenerator<ExampleKinds[K] & RecordOrigin>;
}

/** Whether a path is the folder of an ingested dataset. */
export async function isIngested(path: string): Promise<boolean> {
  return (await stat(join(path, MANIFEST_FILE)).catch(() => null))?.isFile() ?? false;
}

/** @throws Error when the folder has no manifest, or a damaged one */
export async function openDataset(folder: string): Promise<IngestedDataset> {
  const path = join(folder, MANIFEST_FILE);
  if (!(await isIngested(folder)))
    throw new Error(`${folder}: no ${MANIFEST_FILE}; expected a folder that \`openchat data ingest\` wrote.`);
  const manifest = parseManifest(await readFile(path, 'utf8'), path);
  return {
    folder,
    manifest,
    examples: (kind, split) => examplesOf(folder, manifest, kind, split),
  };
}

async function* examplesOf<K extends DatasetKind>(
  folder: string,
  manifest: DatasetManifest,
  kind: K,
  split: Split,
): AsyncGenerator<ExampleKinds[K] & RecordOrigin> {
  if (kind !== manifest.kind && kind !== 'prompts')
    throw new OtherKindError(
      `dataset ${folder}: holds ${manifest.kind} examples; expected ${kind}. Choose another.`,
    );
  const { path, sha256 } = manifest.splits[split].records;
  const records = join(folder, path);
  const hash = createHash('sha256');
  let line = 0;
  let plain = 0;
  let given = 0;
  for await (const bytes of readLines(readBytes(records))) {
    hash.update(bytes).update('\n');
    const where = `${records}, line ${++line}`;
    const example = fromRecord(parseRecord(bytes.toString(), where), manifest.kind, where);
    if (kind === 'prompts' && 'plain' in example) {
      plain++;
      continue;
    }
    given++;
    yield (kind === manifest.kind ? example : asPrompt(example)) as ExampleKinds[K] & RecordOrigin;
  }
  if (hash.digest('hex') !== sha256)
    throw new Error(`${records}: not the file that ${MANIFEST_FILE} describes; fetch or ingest it again.`);
  if (plain > 0 && given === 0)
    throw new OtherKindError(`dataset ${folder}: holds texts without turns, and no prompts. Choose another.`);
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
