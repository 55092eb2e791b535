import { join } from 'node:path';
import type { ChatTemplate, Tokenizer } from '@open-chatgpt/tokenizer';
import type { DatasetKind } from '../adapters/adapter';
import type { RowSource } from '../batching/row-source';
import type { ShardHeader } from '../shards/format';
import { openShards, type Shards } from '../shards/open-shards';
import type { ShardRow, ShardRows } from '../shards/rows';
import { tokenizerHash } from '../shards/tokenizer-hash';
import { describeFile } from '../sources/describe-file';
import type { Split } from '../split';
import { pairLength } from '../tokenize/preference';
import { shardsFolder } from './manifest';
import type { IngestedDataset } from './open-dataset';

/** The settings with which rows must have been tokenized. */
export interface WantedTokens {
  tokenizer: Tokenizer;
  template: ChatTemplate;
  /** In tokens. */
  maxLength: number;
  packing: boolean;
}

/**
 * The rows of a split as ingestion has tokenized them, read from the shards one by one: memory does not grow with the dataset. Null
 * when there are no shards of that kind, or they were made for another tokenizer, template, length or packing. Every byte is
 * checked against its hash first.
 *
 * @throws Error when a shard is missing or is not the one that was written
 */
export async function openTokenizedRows<K extends DatasetKind>(
  { folder, manifest }: IngestedDataset,
  split: Split,
  kind: K,
  wanted: WantedTokens,
): Promise<RowSource<ShardRows[K]> | null> {
  const described = manifest.splits[split].shards;
  if (manifest.kind !== kind || !described) return null;
  const shards = await openShards(join(folder, shardsFolder(split)), kind);
  try {
    if (!madeFor(shards.index.header, wanted)) {
      await shards.close();
      return null;
    }
    await checkIndex(join(folder, described.path), described.sha256);
    await shards.verify();
    return {
      size: shards.rows,
      lengths: await lengthsOf(shards),
      rows: (indices) => Promise.all(indices.map((index) => shards.row(index))),
      close: () => shards.close(),
    };
  } catch (error) {
    await shards.close();
    throw error;
  }
}

function madeFor(header: ShardHeader, { tokenizer, template, maxLength, packing }: WantedTokens): boolean {
  return (
    header.tokenizerSha256 === tokenizerHash(tokenizer) &&
    header.template === template.name &&
    header.maxLength === maxLength &&
    header.packed === packing
  );
}

async function checkIndex(path: string, sha256: string): Promise<void> {
  if ((await describeFile(path)).sha256 === sha256) return;
  throw new Error(`${path}: not the file that the manifest describes; fetch or ingest the dataset again.`);
}

/** `[rows]`: tokens of each row. The length of a pair is that of its longer answer, so each pair is read once. */
async function lengthsOf<K extends DatasetKind>(shards: Shards<K>): Promise<Uint32Array> {
  if (shards.index.header.kind !== 'preference') return shards.tokenLengths();
  const lengths = new Uint32Array(shards.rows);
  for (let index = 0; index < shards.rows; index++) {
    const row: ShardRow = await shards.row(index);
    if ('chosenIds' in row) lengths[index] = pairLength(row);
  }
  return lengths;
}
