import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * What a path of a pipeline file stands for:
 *
 * | written as          | is                                                     | known to       |
 * | ------------------- | ------------------------------------------------------ | -------------- |
 * | `builtin:<name>`    | what the project generates or fetches itself           | every machine  |
 * | `stage:<name>`      | the model that an earlier stage of the pipeline makes  | every machine  |
 * | `store:<id>`        | a model of the platform                                | the platform   |
 * | `dataset:<id>`      | a dataset that the platform has ingested               | the platform   |
 * | `s3://…`, `https://…` … | what a URL names                                   | every machine  |
 * | `owner/name[@revision]` | a model or dataset of the Hugging Face hub         | every machine  |
 * | anything else       | a file or folder                                       | this machine   |
 *
 * A relative path can look like a name of the hub: `resolvePath` gives way to the file or folder that exists.
 */
export type Reference =
  | { kind: 'builtin' | 'stage'; name: string }
  | { kind: 'store' | 'dataset'; id: string }
  | { kind: 'url'; url: string }
  | { kind: 'hub'; name: string }
  | { kind: 'path'; path: string };

const SCHEME = /^(builtin|stage|store|dataset):(.*)$/s;
const URL_SCHEME = /^[a-z][a-z0-9+.-]+:\/\//i;
const HUB_NAME = /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*(@[^/@\s]+)?$/;
/** What ends so is a file that is not there, and not a name of the hub. */
const FILE_NAME = /\.(jsonl?|ndjson|csv|tsv|parquet|txt|gz|zst|gguf|safetensors|ya?ml)$/i;

export function parseReference(text: string): Reference {
  const [, scheme, rest] = SCHEME.exec(text) ?? [];
  if (scheme === 'builtin' || scheme === 'stage') return { kind: scheme, name: rest };
  if (scheme === 'store' || scheme === 'dataset') return { kind: scheme, id: rest };
  if (URL_SCHEME.test(text)) return { kind: 'url', url: text };
  if (HUB_NAME.test(text) && !FILE_NAME.test(text)) return { kind: 'hub', name: text };
  return { kind: 'path', path: text };
}

/**
 * A file or folder becomes absolute, starting at `folder`; every other reference stays as it is. A text with the form of a name of the
 * hub is a path where there is such a file or folder.
 */
export function resolvePath(text: string, folder: string): string {
  const { kind } = parseReference(text);
  if (kind === 'path') return resolve(folder, text);
  const path = kind === 'hub' ? resolve(folder, text) : null;
  return path !== null && existsSync(path) ? path : text;
}

/** The file or folder of this machine that a reference names or may name, or null. */
export function filePathOf(text: string): string | null {
  const reference = parseReference(text);
  if (reference.kind === 'path') return reference.path;
  if (reference.kind === 'hub') return reference.name;
  if (reference.kind !== 'url' || !/^file:/i.test(reference.url)) return null;
  try {
    return fileURLToPath(reference.url);
  } catch {
    // It has a host, or is no URL: nothing can open it.
    return reference.url;
  }
}

/** The id of the dataset of the platform that a path names, or null. */
export function datasetIdOf(text: string): string | null {
  const reference = parseReference(text);
  return reference.kind === 'dataset' ? reference.id : null;
}

/** The id of the model of the platform that a path names, or null. */
export function modelIdOf(text: string): string | null {
  const reference = parseReference(text);
  return reference.kind === 'store' ? reference.id : null;
}

/** The stage of the same pipeline that a path names, or null. */
export function stageOf(text: string): string | null {
  const reference = parseReference(text);
  return reference.kind === 'stage' ? reference.name : null;
}

/** @throws Error when the path names a model of the platform, which this process does not know */
export function checkLocalModel(text: string): void {
  if (modelIdOf(text) === null) return;
  throw new Error(
    `${text} names a model of the platform, which is not known here; run the pipeline there (--gateway), ` +
      'or name a folder, a .gguf file or builtin:<name>.',
  );
}

/** @throws Error when the path names a dataset of the platform, which this process does not know */
export function checkLocalDataset(text: string): void {
  if (datasetIdOf(text) === null) return;
  throw new Error(
    `${text} names a dataset of the platform, which is not known here; run the pipeline there (--gateway), ` +
      'or name a file, or a folder that `openchat data ingest` wrote.',
  );
}
