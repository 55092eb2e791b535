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
import { elementCount, type WeightSource } from '../weights/weight-source';
import { type CopyOptions, copyModel } from './copy-model';
import type { ModelFiles } from './model-files';
import { writeTokenizerFiles } from './tokenizer-files';

/** The normalization of a reward model's scores. */
const NORMALIZATION = 'reward_normalization.json';

/** Files of a model besides its weights. Other files of a download (images, other formats) are left out. */
const BESIDE_WEIGHTS = ['config.json', 'generation_config.json', NORMALIZATION, 'README.md', 'LICENSE'];
const WEIGHTS = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

export interface FolderOptions {
  /** Folder for the temporary one. */
  workFolder: string;
  /** Number format; undefined keeps that of a folder, and makes that of a file F32. */
  dtype?: CopyOptions['dtype'];
  onProgress?: CopyOptions['onProgress'];
}

/**
 * Calls `use` with a temporary folder that has the model in the Hugging Face layout: links to the files of a folder, or the
 * converted model.
 * @param path of `files`
 */
export async function withModelFolder<T>(
  path: string,
  files: ModelFiles,
  { workFolder, dtype, onProgress }: FolderOptions,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  mkdirSync(workFolder, { recursive: true });
  const folder = mkdtempSync(join(workFolder, '.import-'));
  try {
    if (dtype === undefined && statSync(path).isDirectory()) {
      await checkWeights(files.weights);
      linkFiles(path, folder);
      if (files.tokenizer) await writeTokenizerFiles(folder, files.tokenizer);
    } else {
      await copyModel(files, folder, { dtype: dtype ?? 'F32', onProgress });
      const normalization = join(path, NORMALIZATION);
      if (existsSync(normalization)) copyFileSync(normalization, join(folder, NORMALIZATION));
    }
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Reads every weight, as copying does. @throws ModelFileError for a damaged one */
async function checkWeights(weights: WeightSource): Promise<void> {
  for (const { name, shape } of weights.tensors()) {
    const data = new Float32Array(elementCount(shape));
    await weights.read(name, data);
  }
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
