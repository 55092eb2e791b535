import { createHash } from 'node:crypto';
import type { Tokenizer, TokenizerFiles } from '@open-chatgpt/tokenizer';

/** Files have megabytes, and their hash is asked for at several places. */
const hashes = new WeakMap<TokenizerFiles, string>();

/** Identifies a tokenizer by its files, the model's own chat template among them. */
export function tokenizerHash({ files }: Tokenizer): string {
  const known = hashes.get(files);
  if (known !== undefined) return known;
  const text = JSON.stringify([files.tokenizerJson, files.tokenizerConfig]);
  const hash = createHash('sha256').update(text).digest('hex');
  hashes.set(files, hash);
  return hash;
}
