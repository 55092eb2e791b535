import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type HubFile, type HubOptions, listHub } from '@open-chatgpt/download';
import { modelCacheFolder } from './cache-folder';
import { counted } from './counted';
import { parseHubModel } from './hub-model';

/** The files that are taken besides the weights. */
const BESIDE_WEIGHTS = new Set([
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'chat_template.jinja',
  'README.md',
  'LICENSE',
]);
const WEIGHTS = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

export interface HubProgress {
  file: string;
  doneBytes: number;
  /** 0 when it is not known. */
  totalBytes: number;
}

export interface HubFetchOptions {
  /** By default `modelCacheFolder()`. */
  folder?: string;
  /** HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE; by default those of the process. */
  env?: HubOptions['env'];
  onProgress?: (progress: HubProgress) => void;
}

/**
 * The folder of a model of the Hugging Face hub, at `<cache>/hub/<owner>--<name>/<commit>`: downloaded unless it is there
 * already, each file checked. Interrupted, the next call goes on with the files that are missing.
 *
 * @param source `owner/name` or `owner/name@revision`
 * @throws Error saying what is wrong, and what to do without a connection
 */
export async function fetchHubModel(source: string, options: HubFetchOptions = {}): Promise<string> {
  const { folder = modelCacheFolder(), env, onProgress } = options;
  const model = parseHubModel(source);
  // Who runs this program has set the hub's address: it may well be in their network.
  const { commit, files } = await listHub({ kind: 'models', ...model }, { env, allowPrivate: true });
  const target = join(folder, 'hub', model.id.replace('/', '--'), commit);
  if (existsSync(target)) return target;
  const part = `${target}.part`;
  await mkdir(part, { recursive: true });
  const fetchFile = async (file: HubFile) => {
    const path = join(part, file.name);
    if (existsSync(path)) return;
    const loading = `${path}.loading`;
    const report = (doneBytes: number) =>
      onProgress?.({ file: file.name, doneBytes, totalBytes: file.size ?? 0 });
    await pipeline(counted(file.open(), report), createWriteStream(loading));
    await rename(loading, path);
  };
  for (const file of files) if (BESIDE_WEIGHTS.has(file.name)) await fetchFile(file);
  for (const file of await weightsOf(source, files, part, fetchFile)) await fetchFile(file);
  await rename(part, target).catch((error) => {
    // Another process was faster with the same.
    if (!existsSync(target)) throw error;
  });
  return target;
}

/** One file, or the shards that the index names. */
async function weightsOf(
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
      `${source} has no ${WEIGHTS} and no ${INDEX} at the hub; if it has a .gguf file, download that and import it`,
    );
  await fetchFile(index);
  const { weight_map: map = {} } = JSON.parse(await readFile(join(folder, INDEX), 'utf8')) as {
    weight_map?: Record<string, string>;
  };
  // What the listing does not have, such as a path that leads out of the folder, is not fetched.
  return files.filter(({ name }) => /^[^/\\]+\.safetensors$/.test(name) && Object.values(map).includes(name));
}
