import { join } from 'node:path';
import type { TokenizerFiles } from '@open-chatgpt/tokenizer';
import { writeFileAtomically, writeJsonAtomically } from '../weights/atomic-file';
import { readObjectIfPresent, readTextIfPresent } from './read-json';

/** Reads tokenizer.json and tokenizer_config.json; a chat_template.jinja beside them takes precedence. */
export async function readTokenizerFiles(folder: string): Promise<TokenizerFiles | null> {
  const tokenizerJson = await readTextIfPresent(join(folder, 'tokenizer.json'));
  if (tokenizerJson === null) return null;
  const tokenizerConfig = (await readObjectIfPresent(join(folder, 'tokenizer_config.json'))) ?? {};
  const template = await readTextIfPresent(join(folder, 'chat_template.jinja'));
  return {
    tokenizerJson,
    tokenizerConfig: template === null ? tokenizerConfig : { ...tokenizerConfig, chat_template: template },
  };
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
