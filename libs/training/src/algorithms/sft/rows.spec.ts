import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { UnpaddedRow } from '@open-chatgpt/datasets';
import { parseSftConfig } from '@open-chatgpt/pipeline';
import { chatTemplate } from '@open-chatgpt/tokenizer';
import type { ModelDescription } from '../../pipeline/base-model';
import { IngestedRows, MAX_LENGTH } from '../../testing/ingested-rows';
import { sftRows } from './rows';

let conversations: IngestedRows;
beforeEach(async () => {
  conversations = await IngestedRows.write(
    Array.from({ length: 60 }, (_, i) => ({
      instruction: `What is ${i}?`,
      output: `It is ${i}${', certainly'.repeat(i % 4)}.`,
    })),
  );
});
afterEach(() => conversations.remove());

async function rowsOf(path: string, options: { packing?: boolean; maxLength?: number; limit?: number } = {}) {
  const { limit = null, ...training } = options;
  const { tokenizer } = conversations;
  const base = { tokenizer, template: chatTemplate('model', tokenizer) } as ModelDescription;
  const dataset = { path, limit, evalFraction: 0.1 };
  const config = { ...parseSftConfig({ maxLength: MAX_LENGTH, ...training }), dataset, evalSamples: 0 };
  const { train, evaluation } = await sftRows(base, config);
  const rows = await train.rows(Array.from({ length: train.size }, (_, index) => index));
  await train.close();
  return { rows, lengths: [...Array.from(train.lengths)], evaluation };
}

const tokens = (rows: readonly UnpaddedRow[]) =>
  rows.map(({ inputIds, labels }) => [[...inputIds], [...(labels ?? [])]]);

it('reads rows that ingestion has tokenized so, and no training record', async () => {
  const folder = await conversations.ingest('tokenized', {});
  writeFileSync(join(folder, 'records/train.jsonl'), 'not read\n');
  const read = await rowsOf(folder);
  const made = await rowsOf(await conversations.ingest('records'));
  expect(read.rows.length).toBeGreaterThan(30);
  expect(tokens(read.rows)).toEqual(tokens(made.rows));
  expect(read.lengths).toEqual(made.lengths);
  expect(tokens(read.evaluation)).toEqual(tokens(made.evaluation));
});

it('reads packed rows, where several conversations share one', async () => {
  const folder = await conversations.ingest('packed', { pack: true });
  writeFileSync(join(folder, 'records/train.jsonl'), 'not read\n');
  const { rows, lengths } = await rowsOf(folder, { packing: true });
  expect(Math.max(...lengths)).toBeLessThanOrEqual(MAX_LENGTH);
  expect(Math.max(...rows.flatMap(({ segmentIds }) => [...(segmentIds ?? [])]))).toBeGreaterThan(0);
  const single = await rowsOf(await conversations.ingest('records'));
  const total = (all: readonly number[]) => all.reduce((sum, length) => sum + length, 0);
  expect(total(lengths)).toBe(total(single.lengths));
});

it.each([
  ['length', { maxLength: 24 }],
  ['packing', { packing: true }],
  ['number of rows', { limit: 7 }],
])('tokenizes the records where another %s is asked for', async (_, options) => {
  const folder = await conversations.ingest('tokenized', {});
  const found = await rowsOf(folder, options);
  expect(tokens(found.rows)).toEqual(
    tokens((await rowsOf(await conversations.ingest('records'), options)).rows),
  );
  const { maxLength = MAX_LENGTH, limit = 100 } = options as { maxLength?: number; limit?: number };
  expect(Math.max(...found.lengths)).toBeLessThanOrEqual(maxLength);
  expect(found.rows.length).toBeLessThanOrEqual(limit);
});

it('refuses a shard that was altered', async () => {
  const folder = await conversations.ingest('tokenized', {});
  const shard = readdirSync(join(folder, 'shards/train')).find((file) => file.endsWith('.shard')) as string;
  const path = join(folder, 'shards/train', shard);
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(path, bytes);
  await expect(rowsOf(folder)).rejects.toThrow(/shard .*: sha256 is .* It was altered/);
});
