import { readTokenizer } from '@open-chatgpt/models';
import { loadTokenizer, type Tokenizer } from '@open-chatgpt/tokenizer';
import { createSideProgress } from '../progress';
import { printWarnings } from '../terminal/warn';
import { resolveModelPath } from '../training/resolve-builtin';
import { languageModelPath } from './model-path';

/** The tokenizer of a folder, a model, a run, or a built-in model, which is downloaded if needed. */
export async function openTokenizer(source: string): Promise<Tokenizer> {
  const progress = createSideProgress();
  try {
    const path = await resolveModelPath(languageModelPath(source), progress);
    const tokenizer = await loadTokenizer(await readTokenizer(path));
    printWarnings(tokenizer.warnings);
    return tokenizer;
  } finally {
    progress.close();
  }
}
