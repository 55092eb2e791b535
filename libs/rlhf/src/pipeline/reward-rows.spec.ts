import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ingest, openIngestRequest, type TokenizedPreference } from '@open-chatgpt/datasets';
import { chatTemplate, type Tokenizer } from '@open-chatgpt/tokenizer';
import { parseRewardConfig } from '../reward/config';
import type { ModelDescription } from './base-model';
import { BUILTIN_TASKS } from './data';
import { freshTokenizer } from './fresh-tokenizer';
import { rewardRows } from './reward-rows';

const MAX_LENGTH = 64;

let root: string;
let tokenizer: Tokenizer;
beforeAll(async () => {
  tokenizer = await freshTokenizer({ path: BUILTIN_TASKS, limit: 100, evalFraction: 0 }, 300, 1);
});
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'reward-rows-'));
  const rows = Array.from({ length: 60 }, (_, i) => ({
    prompt: `What is ${i}?`,
    chosen: `It is ${i}${', certainly'.repeat(i % 4)}.`,
    rejected: `It is ${i + 1}${', perhaps'.repeat(i % 3)}.`,
  }));
  writeFileSync(join(root, 'pairs.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
});
afterEach(() => rmSync(root, { recursive: true }));

async function ingested(name: string, tokenized: boolean): Promise<string> {
  const output = join(root, name);
  const request = {
    sources: [{ source: join(root, 'pairs.jsonl') }],
    split: { evalFraction: 0.2 },
    tokenization: tokenized
      ? { tokenizer: 'ours', template: 'model' as const, maxLength: MAX_LENGTH }
      : undefined,
  };
  await ingest({ ...(await openIngestRequest(request, { openTokenizer: async () => tokenizer })), output });
  return output;
}

async function rowsOf(path: string, options: { maxLength?: number; limit?: number } = {}) {
  const { limit = null, ...training } = options;
  const base = { tokenizer, template: chatTemplate('model', tokenizer) } as ModelDescription;
  const config = {
    ...parseRewardConfig({ maxLength: MAX_LENGTH, ...training }),
    dataset: { path, limit, evalFraction: 0.1 },
    evalSamples: 0,
  };
  const { train, evaluation, heldOut } = await rewardRows(base, config);
  const rows = await train.rows(Array.from({ length: train.size }, (_, index) => index));
  await train.close();
  return { rows: rows.map(tokens), lengths: [...Array.from(train.lengths)], evaluation, heldOut };
}

const tokens = ({ chosenIds, rejectedIds, promptLength, margin, weight }: TokenizedPreference) => ({
  chosenIds: [...chosenIds],
  rejectedIds: [...rejectedIds],
  promptLength,
  margin,
  weight,
});

it('reads pairs that ingestion has tokenized so, and no training record: the same numbers', async () => {
  const folder = await ingested('tokenized', true);
  writeFileSync(join(folder, 'records/train.jsonl'), 'not read\n');
  const read = await rowsOf(folder);
  expect(read.rows.length).toBeGreaterThan(30);
  expect(read.heldOut.length).toBe(read.evaluation.length);
  expect(read).toEqual(await rowsOf(await ingested('records', false)));
  expect(read.lengths[5]).toBe(Math.max(read.rows[5].chosenIds.length, read.rows[5].rejectedIds.length));
});

it.each([
  ['length', { maxLength: 44 }],
  ['number of rows', { limit: 7 }],
])('tokenizes the records where another %s is asked for', async (_, options) => {
  const found = await rowsOf(await ingested('tokenized', true), options);
  expect(found).toEqual(await rowsOf(await ingested('records', false), options));
  const { maxLength = MAX_LENGTH, limit = 100 } = options as { maxLength?: number; limit?: number };
  expect(Math.max(...found.lengths)).toBeLessThanOrEqual(maxLength);
  expect(found.rows.length).toBeLessThanOrEqual(limit);
});
