import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(import.meta.url);
const { readTokenizer } = require('@open-chatgpt/models');
const { fetchBuiltinModel } = require('@open-chatgpt/download');

/** The tokenizer of SmolLM2 (49,152 tokens) as files that both sides read. @returns its tokenizer.json and the text of its EOS */
export async function writeTokenizer(folder) {
  const { tokenizerJson, tokenizerConfig } = await readTokenizer(
    await fetchBuiltinModel('smollm2-135m-instruct'),
  );
  const path = join(folder, 'tokenizer.json');
  writeFileSync(path, tokenizerJson);
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(tokenizerConfig));
  return { path, eos: tokenizerConfig.eos_token };
}
