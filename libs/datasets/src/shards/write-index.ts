import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ShardEntry, type ShardHeader, type ShardIndex, VERSION } from './format';
import { INDEX_FILE } from './open-shards';

/** Writes the index of a folder of shards. It comes last: a folder without an index is incomplete. */
export async function writeIndex(
  folder: string,
  header: ShardHeader,
  shards: ShardEntry[],
): Promise<ShardIndex> {
  const total = (field: 'rows' | 'documents' | 'tokens') =>
    shards.reduce((sum, shard) => sum + shard[field], 0);
  const index: ShardIndex = {
    format: 'open-chatgpt-shards',
    version: VERSION,
    header,
    rows: total('rows'),
    documents: total('documents'),
    tokens: total('tokens'),
    shards,
  };
  await writeFile(join(folder, INDEX_FILE), `${JSON.stringify(index, null, 2)}\n`);
  return index;
}
