import { join } from 'node:path';
import type { ChatTemplate, Tokenizer } from '@open-chatgpt/tokenizer';
import type { PackedRow } from '../batching/pack-sequences';
import type { RowSource } from '../batching/row-source';
import type { ShardHeader } from '../shards/format';
import { openShards, type Shards } from '../shards/open-shards';
import type { ShardRows } from '../shards/rows';
import { tokenizerHash } from '../shards/tokenizer-hash';
import { pairLength, type TokenizedPreference } from '../tokenize/preference';
import { shardsFolder } from './manifest';
import type { IngestedDataset } from './open-dataset';

/** How rows must have been tokenized to be of use. */
export interface WantedTokens {
  tokenizer: Tokenizer;
  template: ChatTemplate;
  /** In tokens. */
  maxLength: number;
  packing: boolean;
}

/**
 * The conversations to train on as ingestion has tokenized them, read from the shards row by row: memory does not grow with the
 * data set. Null when there are no shards, or they were made for another tokenizer, template, length or packing: then
 * the records are to be tokenized. Every byte is checked once, now.
 *
 * @throws Error when a shard is missing or is not the one that was written
 */
export function tokenizedRows(
  dataset: IngestedDataset,
  wanted: WantedTokens,
): Promise<RowSource<PackedRow> | null> {
  return rowsOfShards(dataset, 'supervised', wanted, (shards) => shards.tokenLengths());
}

/** Pairs of answers to train on, likewise. A pair is as long as its longer answer, for which each is read once, now. */
export function tokenizedPairs(
  dataset: IngestedDataset,
  wanted: Omit<WantedTokens, 'packing'>,
): Promise<RowSource<TokenizedPreference> | null> {
  return rowsOfShards(dataset, 'preference', { ...wanted, packing: false }, async (shards) => {
    const lengths = new Uint32Array(shards.rows);
    for (let row = 0; row < shards.rows; row++) lengths[row] = pairLength(await shards.row(row));
    return lengths;
  });
}

async function rowsOfShards<K extends 'supervised' | 'preference'>(
  { folder, manifest }: IngestedDataset,
  kind: K,
  wanted: WantedTokens,
  lengthsOf: (shards: Shards<K>) => Promise<Uint32Array>,
): Promise<RowSource<ShardRows[K]> | null> {
  if (manifest.kind !== kind || !manifest.splits.train.shards) return null;
  const shards = await openShards(join(folder, shardsFolder('train')), kind);
  try {
    if (!madeFor(shards.index.header, wanted)) {
      await shards.close();
      return null;
    }
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
