import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { DatasetKind } from '../adapters/adapter';
import { readDataset } from './read-dataset';

/** Original files of public datasets, in a folder beside the repository. */
const folder = resolve(__dirname, '../../../../../shared/data');
const present = existsSync(folder);
const run = present || process.env['CI'] === 'true' ? describe : describe.skip;
if (!present) console.warn(`real data is absent (${folder}): its tests are skipped, or fail where CI=true.`);

run('real files, found by their rows', () => {
  it.each<[string, DatasetKind, string, number, Record<string, number>]>([
    ['alpaca/rasbt_LLMs-from-scratch__instruction-data.json', 'supervised', 'alpaca', 1100, {}],
    ['alpaca/tatsu-lab_stanford_alpaca__seed_tasks.jsonl', 'supervised', 'self-instruct', 175, {}],
    ['belle/Facico_Chinese-Vicuna__data_sample.jsonl', 'supervised', 'alpaca', 10, {}],
    ['belle/LianjiaTech_BELLE__zh_seed_tasks.json', 'supervised', 'self-instruct', 175, {}],
    [
      'gpteacher/teknium1_GPTeacher__roleplay-simple-deduped-roleplay-instruct.json',
      'supervised',
      'gpteacher',
      1923,
      {},
    ],
    ['flan-cot/google-research_FLAN__strategyqa_train.tsv', 'supervised', 'flan-cot', 2061, {}],
    ['flan-cot/google-research_FLAN__strategyqa_train.tsv', 'prompts', 'flan-cot', 2061, {}],
    ['natural-instructions', 'supervised', 'natural-instructions', 29 + 6500 + 228, {}],
    ['natural-instructions', 'prompts', 'natural-instructions', 29 + 6500 + 228, {}],
    ['gsm8k/openai_grade-school-math__test.jsonl', 'prompts', 'gsm8k', 1319, {}],
    ['gsm8k/openai_grade-school-math__test.jsonl', 'supervised', 'gsm8k', 1319, {}],
    ['oasst/LAION-AI_Open-Assistant__en_100_tree.jsonl', 'supervised', 'oasst', 100, {}],
    ['oasst/LAION-AI_Open-Assistant__en_100_message.jsonl', 'supervised', 'oasst', 100, {}],
    [
      'preference/rasbt_LLMs-from-scratch__instruction-data-with-preference.json',
      'preference',
      'preference',
      1094,
      { identicalAnswers: 6 },
    ],
    ['sharegpt/lm-sys_FastChat__dummy_conversation.json', 'supervised', 'sharegpt', 500, {}],
    ['ultrachat/thunlp_UltraChat__ultra_eval.json', 'prompts', 'ultrachat', 385, {}],
    ['ultrafeedback/yangjianxin1_Firefly__dummy_dpo.jsonl', 'preference', 'ultrafeedback', 16, {}],
  ])('%s as %s', async (path, kind, adapter, count, dropped) => {
    const result = await readDataset(join(folder, path), { kind });
    expect([result.adapter, result.examples.length, result.dropped]).toEqual([adapter, count, dropped]);
  });

  it('HH-RLHF: multi-turn pairs whole, and the known bad ones counted', async () => {
    const path = join(folder, 'hh-rlhf/anthropics_hh-rlhf__test.jsonl.gz');
    const { adapter, examples, dropped } = await readDataset(path, { kind: 'preference' });
    expect(adapter).toBe('hh-rlhf');
    const left = Object.values(dropped).reduce((sum, count) => sum + count, 0);
    expect(examples.length + left).toBe(2312);
    expect(dropped['historiesDiffer']).toBe(5);
    expect(examples.filter((example) => example.prompt.length > 1).length).toBeGreaterThan(1500);
    for (const { prompt, chosen, rejected } of examples) {
      expect(chosen).not.toBe(rejected);
      expect(prompt.at(-1)?.role).toBe('user');
      expect(prompt.every((turn, i) => turn.role !== prompt[i - 1]?.role)).toBe(true);
    }
  });

  it('BELLE: no literal backslash-n is left in the instructions', async () => {
    const path = join(folder, 'belle/Facico_Chinese-Vicuna__data_sample.jsonl');
    const { examples } = await readDataset(path, { kind: 'supervised', adapter: 'belle' });
    for (const { messages } of examples) expect(messages[0].content).not.toContain('\\n');
  });

  it('OpenAssistant: ranked siblings become pairs', async () => {
    const path = join(folder, 'oasst/LAION-AI_Open-Assistant__en_100_tree.jsonl');
    const { examples } = await readDataset(path, { kind: 'preference' });
    expect(examples.length).toBeGreaterThan(200);
  });
});
