import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TokenizedPreference } from '@open-chatgpt/datasets';
import { parseRewardConfig } from '@open-chatgpt/pipeline';
import { chatTemplate } from '@open-chatgpt/tokenizer';
import type { ModelDescription } from '../../pipeline/base-model';
import { IngestedRows, MAX_LENGTH } from '../../testing/ingested-rows';
import { rewardRows } from './rows';

let pairs: IngestedRows;
beforeEach(async () => {
  pairs = await IngestedRows.write(
    Array.from({ length: 60 }, (_, i) => ({
      prompt: `What is ${i}?`,
      chosen: `It is ${i}${', certainly'.repeat(i % 4)}.`,
      rejected: `It is ${i + 1}${', perhaps'.repeat(i % 3)}.`,
    })),
  );
});
afterEach(() => pairs.remove());

async function rowsOf(path: string, options: { maxLength?: number; limit?: number } = {}) {
  const { limit = null, ...training } = options;
  const { tokenizer } = pairs;
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
  const folder = await pairs.ingest('tokenized', {});
  writeFileSync(join(folder, 'records/train.jsonl'), 'not read\n');
  const read = await rowsOf(folder);
  expect(read.rows.length).toBeGreaterThan(30);
  expect(read.heldOut.length).toBe(read.evaluation.length);
  expect(read).toEqual(await rowsOf(await pairs.ingest('records')));
  expect(read.lengths[5]).toBe(Math.max(read.rows[5].chosenIds.length, read.rows[5].rejectedIds.length));
});

it.each([
  ['length', { maxLength: 44 }],
  ['number of rows', { limit: 7 }],
])('tokenizes the records where another %s is asked for', async (_, options) => {
  const found = await rowsOf(await pairs.ingest('tokenized', {}), options);
  expect(found).toEqual(await rowsOf(await pairs.ingest('records'), options));
  const { maxLength = MAX_LENGTH, limit = 100 } = options as { maxLength?: number; limit?: number };
  expect(Math.max(...found.lengths)).toBeLessThanOrEqual(maxLength);
  expect(found.rows.length).toBeLessThanOrEqual(limit);
});
