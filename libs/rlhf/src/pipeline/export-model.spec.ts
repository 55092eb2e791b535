import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildTokenizer, chatTemplate, loadTokenizer } from '@open-chatgpt/tokenizer';
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
    const tokenizer = await loadTokenizer(buildTokenizer('abc'));
    const template = chatTemplate('model', tokenizer);
    const base = {
      config: model.config,
      weights: model.trained,
      tokenizer,
      template,
      generationConfig: null,
    };
    await exportModel(folder, model, base);
    const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
    expect(config.architectures).toEqual([architecture]);
    expect(config.num_labels).toBe(scalarHead ? 1 : undefined);
  });
});
