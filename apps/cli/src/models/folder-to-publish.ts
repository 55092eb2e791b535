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

/** Of a reward model. */
const NORMALIZATION = 'reward_normalization.json';

/** What makes a model besides its weights; the rest of a download (pictures, other formats) stays where it is. */
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
 * Hands over a temporary folder with the model in the Hugging Face layout and nothing else: a folder's own files where no
 * other number format is wanted, else written anew.
 * @param dtype as `--dtype` takes it
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
    else await writeAnew(path, files, folder, dtype ?? 'fp32');
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function writeAnew(path: string, files: ModelFiles, to: string, dtype: string): Promise<void> {
  await writeModel(files, { to, dtype });
  const normalization = join(path, NORMALIZATION);
  if (existsSync(normalization)) copyFileSync(normalization, join(to, NORMALIZATION));
}

/** Links: what is published is what they lead to, and nothing is copied. */
function linkFiles(from: string, to: string): void {
  const here = (name: string) => existsSync(join(from, name));
  const weights = here(WEIGHTS) ? [WEIGHTS] : [INDEX, ...shardsOf(join(from, INDEX))];
  for (const name of [...BESIDE_WEIGHTS.filter(here), ...weights])
    symlinkSync(resolve(from, name), join(to, name));
}

/** The model is open, so the index is known to be right. */
function shardsOf(index: string): string[] {
  const { weight_map } = JSON.parse(readFileSync(index, 'utf8')) as { weight_map: Record<string, string> };
  return [...new Set(Object.values(weight_map))];
}
