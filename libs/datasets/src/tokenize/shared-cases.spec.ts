import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { chatTemplate, loadTokenizer, type Message } from '@open-chatgpt/tokenizer';
import { isDropped } from './dropped';
import { tokenizePrompt } from './prompt';
import { IGNORED_LABEL, tokenizeSupervised } from './supervised';

/** Inputs of others that failed once, in a folder beside the repository. */
const folder = resolve(__dirname, '../../../../../shared/cases');
const run = existsSync(folder) || process.env['CI'] === 'true' ? describe : describe.skip;

const open = async (name: string, rows: string) => {
  const read = (file: string) => readFileSync(join(folder, name, file), 'utf8');
  const tokenizer = await loadTokenizer({
    tokenizerJson: read('model/tokenizer.json'),
    tokenizerConfig: JSON.parse(read('model/tokenizer_config.json')),
  });
  const [row] = read(rows).trim().split('\n');
  return { tokenizer, messages: JSON.parse(row).messages as Message[] };
};

run('cases', () => {
  it.each(['model', 'llama2', 'vicuna', 'alpaca'] as const)(
    'later turns with SentencePiece, template %s: the row begins with the prompt of the last answer',
    async (name) => {
      const { tokenizer, messages } = await open('sentencepiece-later-turns', 'two-turns.jsonl');
      const template = chatTemplate(name, tokenizer);
      const row = await tokenizeSupervised({ messages }, tokenizer, template, { maxLength: 1000 });
      const before = { messages: messages.slice(0, -1) };
      const prompt = await tokenizePrompt(before, tokenizer, template, { maxLength: 1000 });
      if (isDropped(row) || isDropped(prompt)) throw new Error('dropped');
      expect(row.inputIds.slice(0, prompt.inputIds.length)).toEqual(prompt.inputIds);
      // The count that transformers' loss is the mean of.
      if (name === 'model') expect(row.labels.filter((label) => label !== IGNORED_LABEL)).toHaveLength(22);
    },
  );

  it('thoughts and answers keep their indentation', async () => {
    const { tokenizer, messages } = await open('qwen3-thoughts-lose-indentation', 'think-code.jsonl');
    const row = await tokenizeSupervised({ messages }, tokenizer, chatTemplate('model', tokenizer), {
      maxLength: 1000,
    });
    if (isDropped(row)) throw new Error(row.dropped);
    const learned = [...row.labels].filter((label) => label !== IGNORED_LABEL);
    const { content } = messages[messages.length - 1];
    expect(await tokenizer.decode(learned)).toContain(content.slice(content.lastIndexOf('    ')));
  });
});
