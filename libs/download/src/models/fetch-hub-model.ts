import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { cacheFolder } from '@open-chatgpt/cache';
import { sha256File } from '../files/sha256-file';
import { withProgress } from '../files/with-progress';
import { type HubFile, type HubOptions, listHub } from '../hub/list-hub';
import { parseHubModelName } from './hub-model-name';
import { sharedHubModel } from './shared-hub-cache';

/** Downloaded beside the weights. */
const COMPANION_FILES = new Set([
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'chat_template.jinja',
  'special_tokens_map.json',
  'added_tokens.json',
  'tokenizer.model',
  'vocab.json',
  'merges.txt',
  'README.md',
  'LICENSE',
]);
const WEIGHTS = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

export interface HubProgress {
  file: string;
  doneBytes: number;
  /** 0 when unknown. */
  totalBytes: number;
}

export interface HubFetchOptions {
  /** By default `cacheFolder('models')`. */
  folder?: string;
  /** HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE; by default those of the process. */
  env?: HubOptions['env'];
  onProgress?: (progress: HubProgress) => void;
}

/**
 * The folder of a model of the Hugging Face hub, `<cache>/hub/<owner>--<name>/<commit>`. Downloads the model unless the
 * folder exists, and verifies each file. After an interruption, the next call downloads only the missing files; files that have
 * been damaged since are downloaded again.
 *
 * Where the hub does not answer, a copy of Hugging Face's own programs on this machine is taken.
 *
 * @param source `owner/name` or `owner/name@revision`
 * @throws Error with the cause and the remedy, also for a machine without a connection
 */
export async function fetchHubModel(source: string, options: HubFetchOptions = {}): Promise<string> {
  const { folder = cacheFolder('models'), env, onProgress } = options;
  const model = parseHubModelName(source);
  // The user of this program sets the address of the hub, which may lie in their own network.
  const listed = await listHub({ kind: 'models', ...model }, { env, allowPrivate: true }).catch((error) => {
    const shared = sharedHubModel(source, env);
    if (shared === null) throw error;
    return shared;
  });
  if (typeof listed === 'string') return listed;
  const { commit, files } = listed;
  const target = join(folder, 'hub', model.id.replace('/', '--'), commit);
  const partial = `${target}.part`;
  if (existsSync(target)) {
    const damaged = await damagedFiles(target, files);
    if (damaged.length === 0) return target;
    await rm(partial, { recursive: true, force: true });
    await rename(target, partial);
    for (const { name } of damaged) await rm(join(partial, name));
  }
  await mkdir(partial, { recursive: true });
  const fetchFile = async (file: HubFile) => {
    const path = join(partial, file.name);
    if (existsSync(path)) return;
    const loading = `${path}.loading`;
    const report = (doneBytes: number) =>
      onProgress?.({ file: file.name, doneBytes, totalBytes: file.size ?? 0 });
    await pipeline(withProgress(file.open(), report), createWriteStream(loading));
    await rename(loading, path);
  };
  for (const file of files) if (COMPANION_FILES.has(file.name)) await fetchFile(file);
  for (const file of await weightFiles(source, files, partial, fetchFile)) await fetchFile(file);
  await rename(partial, target).catch((error) => {
    // Another process may have downloaded the same model in the meantime.
    if (!existsSync(target)) throw error;
  });
  return target;
}

/** The files of a folder that differ from the listing. The hub lists the hashes of weights, and only the sizes of small files. */
async function damagedFiles(folder: string, files: readonly HubFile[]): Promise<HubFile[]> {
  const damaged: HubFile[] = [];
  for (const file of files) {
    const path = join(folder, file.name);
    const found = file.name.includes('/') ? null : await stat(path).catch(() => null);
    if (!found) continue;
    const sameSize = file.size === undefined || file.size === found.size;
    if (!sameSize || (file.sha256 !== undefined && (await sha256File(path)) !== file.sha256))
      damaged.push(file);
  }
  return damaged;
}

/** The single weight file, or the shards that the index names. */
async function weightFiles(
  source: string,
  files: readonly HubFile[],
  folder: string,
  fetchFile: (file: HubFile) => Promise<void>,
): Promise<HubFile[]> {
  const named = (name: string) => files.find((file) => file.name === name);
  const whole = named(WEIGHTS);
  if (whole) return [whole];
  const index = named(INDEX);
  if (!index)
    throw new Error(
      `${source} has no ${WEIGHTS} and no ${INDEX} at the hub; if it has a .gguf file, download and import that file`,
    );
  await fetchFile(index);
  const { weight_map: map = {} } = JSON.parse(await readFile(join(folder, INDEX), 'utf8')) as {
    weight_map?: Record<string, string>;
  };
  // The index is untrusted: only files of the listing are downloaded, never a path that leaves the folder.
  return files.filter(({ name }) => /^[^/\\]+\.safetensors$/.test(name) && Object.values(map).includes(name));
}
