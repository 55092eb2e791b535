import { join } from 'node:path';
import { completeTokenizerConfig, type TokenizerFiles } from '@open-chatgpt/tokenizer';
import { writeFileAtomically, writeJsonAtomically } from '../weights/atomic-file';
import { readObjectIfPresent, readTextIfPresent } from './read-json';

/**
 * Reads the tokenizer of a folder: tokenizer.json with the files beside it that say which tokens begin and end a text, and
 * the chat template (`completeTokenizerConfig` says which file is followed).
 */
export async function readTokenizerFiles(folder: string): Promise<TokenizerFiles | null> {
  const tokenizerJson = await readTextIfPresent(join(folder, 'tokenizer.json'));
  if (tokenizerJson === null) return null;
  return completeTokenizerConfig({
    tokenizerJson,
    tokenizerConfig: await readObjectIfPresent(join(folder, 'tokenizer_config.json')),
    specialTokensMap: await readObjectIfPresent(join(folder, 'special_tokens_map.json')),
    chatTemplate: await readTextIfPresent(join(folder, 'chat_template.jinja')),
    modelConfig: await readObjectIfPresent(join(folder, 'config.json')),
  });
}

/** Writes the same files. The chat template goes to both files, because older readers ignore the .jinja file. */
export async function writeTokenizerFiles(folder: string, tokenizer: TokenizerFiles): Promise<void> {
  await writeFileAtomically(join(folder, 'tokenizer.json'), (file) =>
    file.writeFile(tokenizer.tokenizerJson),
  );
  await writeJsonAtomically(join(folder, 'tokenizer_config.json'), tokenizer.tokenizerConfig);
  const template = tokenizer.tokenizerConfig['chat_template'];
  if (typeof template === 'string')
    await writeFileAtomically(join(folder, 'chat_template.jinja'), (file) => file.writeFile(template));
}
