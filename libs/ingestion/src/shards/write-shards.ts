import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  recordsFile,
  type ShardEntry,
  type ShardIndex,
  ShardWriter,
  type Split,
  shardsFolder,
  writeIndex,
} from '@open-chatgpt/datasets';
import type { IngestOptions, Tokenization } from '../ingest/options';
import { progressMeter } from '../ingest/progress';
import type { WorkFolder } from '../ingest/work-folder';
import { type DropCounts, DropLog } from '../records/drop-log';
import { type Growth, readGrowing } from '../records/growth';
import { Statistics, type StatisticsTable } from '../records/statistics';
import { inOrder } from '../threads/in-order';
import type { RowWork } from '../threads/row-work';
import { recordBatches } from './record-batches';
import { shardHeaderOf } from './shard-header';

/** Where the second stage stands with one split: always behind a whole shard. */
export interface ShardsState {
  done: boolean;
  /** Records tokenized, and the byte of the JSONL behind them. */
  records: number;
  bytes: number;
  shards: ShardEntry[];
  dropped: DropCounts;
  tokens: StatisticsTable;
}

const SHARD_BYTES = 64 * 2 ** 20;

/**
 * Stage two: tokenizes one split's records into shards, those that are yet to be written as soon as they are there. `save` is called
 * after each shard; see `writeRecords`.
 */
export async function writeShards(
  options: IngestOptions & { tokenization: Tokenization },
  work: WorkFolder,
  rows: RowWork,
  growth: Growth,
  split: Split,
  from: ShardsState | undefined,
  save: (state: ShardsState) => Promise<void>,
): Promise<{ state: ShardsState; index: ShardIndex }> {
  const { kind, tokenization, signal } = options;
  const { shardBytes = SHARD_BYTES } = tokenization;
  const header = shardHeaderOf(kind, tokenization);
  const folder = work.file(shardsFolder(split));
  await mkdir(folder, { recursive: true });
  const state: ShardsState = from ?? {
    done: false,
    records: 0,
    bytes: 0,
    shards: [],
    dropped: {},
    tokens: {},
  };
  const dropped = new DropLog(state.dropped);
  const tokens = new Statistics(state.tokens);
  /** Behind the last batch. The state moves there with the shard. */
  let { records, bytes } = state;
  const progress = () => ({ read: bytes, total: growth.total });
  const report = progressMeter('shards', state.records, progress, options.onProgress);
  let tokensWritten = state.shards.reduce((sum, shard) => sum + shard.tokens, 0);
  let writer: ShardWriter | null = null;

  const closeShard = async () => {
    if (!writer) return;
    state.shards.push(await writer.close());
    writer = null;
    Object.assign(state, { records, bytes });
    await save(state);
  };

  try {
    const file = work.file(recordsFile(split));
    if (!state.done) {
      const unread = readGrowing(file, growth, state.bytes);
      const from = { file, start: state.bytes, first: state.records, most: shardBytes };
      for await (const { item, result } of inOrder(recordBatches(unread, from), rows.atOnce, rows.tokenize)) {
        signal?.throwIfAborted();
        const name = `${String(state.shards.length).padStart(5, '0')}.shard`;
        let start = 0;
        for (const [row, length] of result.lengths.entries()) {
          writer ??= await ShardWriter.create(join(folder, name), name, header);
          const bytesOfRow = result.bytes.subarray(start, start + length);
          await writer.addEncoded(bytesOfRow, result.tokens[row], result.documents[row]);
          tokensWritten += result.tokens[row];
          start += length;
        }
        dropped.merge(result.dropped);
        tokens.merge(result.statistics);
        records += item.records;
        bytes = item.end;
        report(records, tokensWritten);
        if (writer && writer.bytes >= shardBytes) await closeShard();
      }
      await closeShard();
      Object.assign(state, { done: true, records, bytes });
      await save(state);
      report(records, tokensWritten, true);
    }
  } finally {
    await (writer as ShardWriter | null)?.abandon();
  }
  return { state, index: await writeIndex(folder, header, state.shards) };
}
