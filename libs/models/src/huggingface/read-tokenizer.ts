import { readFile, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { TokenizerFiles } from '@open-chatgpt/tokenizer';
import { openModel } from './open-model';
import { readTokenizerFiles } from './tokenizer-files';

/**
 * Reads the tokenizer at a path: a folder with tokenizer.json or tokenizer.model, with or without a model, that file itself, or a .gguf model.
 * Reads no weights.
 * @throws Error when the path has no tokenizer
 */
export async function readTokenizer(path: string): Promise<TokenizerFiles> {
  const found = await stat(path).catch(() => null);
  if (!found) throw new Error(`${path}: does not exist; give a folder with tokenizer.json, or a model.`);
  if (found.isFile() && /\.(json|model)$/.test(path)) {
    if (['tokenizer.json', 'tokenizer.model'].includes(basename(path)))
      return (await readTokenizerFiles(dirname(path))) as TokenizerFiles;
    return { tokenizerJson: await readFile(path, 'utf8'), tokenizerConfig: {} };
  }
  const files = found.isDirectory() ? await readTokenizerFiles(path) : await fromModel(path);
  if (!files)
    throw new Error(`${path}: has no tokenizer.json and no tokenizer.model; copy those of the model there.`);
  return files;
}

async function fromModel(path: string): Promise<TokenizerFiles | null> {
  const model = await openModel(path);
  await model.close();
  return model.tokenizer;
}
