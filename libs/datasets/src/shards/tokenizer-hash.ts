import { createHash } from 'node:crypto';
import type { Tokenizer, TokenizerFiles } from '@open-chatgpt/tokenizer';

/** The files have megabytes, and their hash is needed several times. */
const hashes = new WeakMap<TokenizerFiles, string>();

/** Identifies a tokenizer by its files, which include the chat template of the model. */
export function tokenizerHash({ files }: Tokenizer): string {
  const known = hashes.get(files);
  if (known !== undefined) return known;
  const text = JSON.stringify([files.tokenizerJson, files.tokenizerConfig]);
  const hash = createHash('sha256').update(text).digest('hex');
  hashes.set(files, hash);
  return hash;
}
