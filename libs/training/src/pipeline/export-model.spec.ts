import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTokenizer } from '@open-chatgpt/models';
import { chatTemplate, encodeChat, loadTokenizer } from '@open-chatgpt/tokenizer';
import { baseOf } from '../testing/base-of';
import { goldenModel } from '../testing/golden-model';
import { exportModel } from './export-model';

describe('exportModel', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'export-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it.each([
    ['llama-gqa-tied', true, 'LlamaForSequenceClassification'],
    ['qwen2', true, 'Qwen2ForSequenceClassification'],
    ['gpt2', true, 'GPT2ForSequenceClassification'],
    ['opt', true, 'OPTForSequenceClassification'],
    ['gpt2', false, 'GPT2LMHeadModel'],
  ])('%s, scalar head %s: config.json says %s', async (name, scalarHead, architecture) => {
    const model = await goldenModel(name, scalarHead);
    const base = await baseOf(model);
    await exportModel(folder, model, base, { baseName: 'base' });
    const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
    expect(config.architectures).toEqual([architecture]);
    expect(config.num_labels).toBe(scalarHead ? 1 : undefined);
  });

  it('says how to sample from it, before what the base says', async () => {
    const model = await goldenModel('llama-gqa-tied', false);
    const base = await baseOf(model, 'model', { generationConfig: { eos_token_id: 2, temperature: 0.2 } });
    await exportModel(folder, model, base, {
      advice: { do_sample: true, temperature: 0.7 },
      baseName: 'base',
    });
    const written = JSON.parse(readFileSync(join(folder, 'generation_config.json'), 'utf8'));
    expect(written).toEqual({ eos_token_id: 2, do_sample: true, temperature: 0.7 });
  });

  it.each(['alpaca', 'vicuna', 'chatml', 'llama2'] as const)(
    "the template %s is the exported model's own",
    async (name) => {
      const model = await goldenModel('llama-gqa-tied', false);
      const base = await baseOf(model, name);
      const { tokenizer, template } = base;
      await exportModel(folder, model, base, { baseName: 'base' });
      const exported = await loadTokenizer(await readTokenizer(folder));
      const messages = [
        { role: 'user' as const, content: 'a' },
        { role: 'assistant' as const, content: 'b' },
        { role: 'user' as const, content: 'c' },
      ];
      const ids = (read: typeof exported, chosen: typeof template) =>
        encodeChat(read, chosen, messages, { addGenerationPrompt: true });
      expect(await ids(exported, chatTemplate('model', exported))).toEqual(await ids(tokenizer, template));
      const { chat_template } = JSON.parse(readFileSync(join(folder, 'tokenizer_config.json'), 'utf8'));
      expect(chat_template).toBe(template.jinja);
    },
  );
});
