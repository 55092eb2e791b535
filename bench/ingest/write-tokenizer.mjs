import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fetchBuiltinModel } from '@open-chatgpt/download';
import { readTokenizer } from '@open-chatgpt/models';

/** Writes the tokenizer of SmolLM2 (49,152 tokens) for both sides. @returns the path of tokenizer.json and the EOS token */
export async function writeTokenizer(folder) {
  const { tokenizerJson, tokenizerConfig } = await readTokenizer(
    await fetchBuiltinModel('smollm2-135m-instruct'),
  );
  const path = join(folder, 'tokenizer.json');
  writeFileSync(path, tokenizerJson);
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(tokenizerConfig));
  return { path, eos: tokenizerConfig.eos_token };
}
