import { join } from 'node:path';
import type { ChatTemplate, Tokenizer } from '@open-chatgpt/tokenizer';
import type { PackedRow } from '../batching/pack-sequences';
import type { RowSource } from '../batching/row-source';
import { tokenizerHash } from '../ingest/options';
import { shardsFolder } from '../ingest/work-folder';
import type { ShardHeader } from '../shards/format';
import { openShards } from '../shards/open-shards';
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
export async function tokenizedRows(
  { folder, manifest }: IngestedDataset,
  wanted: WantedTokens,
): Promise<RowSource<PackedRow> | null> {
  if (manifest.kind !== 'supervised' || !manifest.splits.train.shards) return null;
  const shards = await openShards(join(folder, shardsFolder('train')), 'supervised');
  try {
    if (!madeFor(shards.index.header, wanted)) return null;
    await shards.verify();
    return {
      size: shards.rows,
      lengths: await shards.tokenLengths(),
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
