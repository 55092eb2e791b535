import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { cacheFolder } from '@open-chatgpt/download';
import { type ModelFiles } from '@open-chatgpt/models';
import { writeModel } from './write-model';

/** The normalization of a reward model's scores. */
const NORMALIZATION = 'reward_normalization.json';

/** Files of a model besides its weights. Other files of a download (images, other formats) are not published. */
const BESIDE_WEIGHTS = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'chat_template.jinja',
  NORMALIZATION,
  'README.md',
  'LICENSE',
];
const WEIGHTS = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

/**
 * Calls `use` with a temporary folder that has the model in the Hugging Face layout: links to the files of a folder, or the
 * converted model.
 * @param dtype number format of `--dtype`; undefined keeps that of a folder
 */
export async function withFolderToPublish<T>(
  path: string,
  files: ModelFiles,
  dtype: string | undefined,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  mkdirSync(cacheFolder('models'), { recursive: true });
  const folder = mkdtempSync(join(cacheFolder('models'), '.import-'));
  try {
    if (dtype === undefined && statSync(path).isDirectory()) linkFiles(path, folder);
    else await convert(path, files, folder, dtype ?? 'fp32');
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function convert(path: string, files: ModelFiles, to: string, dtype: string): Promise<void> {
  await writeModel(files, { to, dtype });
  const normalization = join(path, NORMALIZATION);
  if (existsSync(normalization)) copyFileSync(normalization, join(to, NORMALIZATION));
}

/** Links the files instead of copying them. */
function linkFiles(from: string, to: string): void {
  const here = (name: string) => existsSync(join(from, name));
  const weights = here(WEIGHTS) ? [WEIGHTS] : [INDEX, ...shardsOf(join(from, INDEX))];
  for (const name of [...BESIDE_WEIGHTS.filter(here), ...weights])
    symlinkSync(resolve(from, name), join(to, name));
}

/** The shards of an index, which is valid because the model is open. */
function shardsOf(index: string): string[] {
  const { weight_map } = JSON.parse(readFileSync(index, 'utf8')) as { weight_map: Record<string, string> };
  return [...new Set(Object.values(weight_map))];
}
