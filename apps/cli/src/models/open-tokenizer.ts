import { readTokenizer } from '@open-chatgpt/models';
import { loadTokenizer, type Tokenizer } from '@open-chatgpt/tokenizer';
import { createSideProgress } from '../progress';
import { printWarnings } from '../terminal/warn';
import { languageModelPath } from './model-path';
import { resolveModelSource } from './model-source';

/** The tokenizer of a folder, a model, a run, or a built-in model, which is downloaded if needed. */
export async function openTokenizer(source: string): Promise<Tokenizer> {
  const progress = createSideProgress();
  try {
    const path = await resolveModelSource(languageModelPath(source), progress);
    const tokenizer = await loadTokenizer(await readTokenizer(path));
    printWarnings(tokenizer.warnings);
    return tokenizer;
  } finally {
    progress.close();
  }
}
