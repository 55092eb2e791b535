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
import { pMapIterable } from 'p-map';
import type { IngestOptions, Tokenization } from '../ingest/options';
import { progressMeter } from '../ingest/progress';
import type { WorkFolder } from '../ingest/work-folder';
import { type DropCounts, DropLog } from '../records/drop-log';
import { Statistics, type StatisticsTable } from '../records/statistics';
import { readGrowing, type WriteProgress } from '../records/write-progress';
import type { RowWork } from '../threads/row-work';
import { type EncodedRow, PackingWindow } from './packing-window';
import { recordBatches } from './record-batches';
import { shardHeaderOf } from './shard-header';
import type { Batch, TokenizedBatch } from './tokenize-batch';

/** The progress of the second stage in one split, always at the end of a shard. */
export interface ShardsState {
  done: boolean;
  /** The records before the batch with the next document, and the offset of their end in the JSONL. */
  records: number;
  bytes: number;
  /** Documents of that batch that are already in shards. */
  written: number;
  /** An offset at or behind the end of the last record that is in a shard. */
  bytesRead: number;
  shards: ShardEntry[];
  /** The counts of the records before that batch. */
  dropped: DropCounts;
  lostAnswers: DropCounts;
  tokens: StatisticsTable;
}

const SHARD_BYTES = 64 * 2 ** 20;

/**
 * Stage two: tokenizes the records of one split into shards while stage one writes more records. Rows and shards depend on the records
 * alone. `save` is called after each shard; see `writeRecords`.
 */
export async function writeShards(
  options: IngestOptions & { tokenization: Tokenization },
  work: WorkFolder,
  rows: RowWork,
  progress: WriteProgress,
  split: Split,
  from: ShardsState | undefined,
  save: (state: ShardsState) => Promise<void>,
): Promise<{ state: ShardsState; index: ShardIndex }> {
  const { kind, tokenization, signal } = options;
  const { shardBytes = SHARD_BYTES } = tokenization;
  const header = shardHeaderOf(kind, tokenization, split);
  const folder = work.file(shardsFolder(split));
  await mkdir(folder, { recursive: true });
  const state: ShardsState = from ?? {
    done: false,
    records: 0,
    bytes: 0,
    written: 0,
    bytesRead: 0,
    shards: [],
    dropped: {},
    lostAnswers: {},
    tokens: {},
  };
  const dropped = new DropLog(state.dropped);
  const lostAnswers = new DropLog(state.lostAnswers);
  const tokens = new Statistics(state.tokens);
  const bytesRead = () => ({ read: state.bytes, total: progress.total });
  const report = progressMeter('shards', state.records, bytesRead, options.onProgress);
  let tokensWritten = state.shards.reduce((sum, shard) => sum + shard.tokens, 0);
  const window = header.packed ? new PackingWindow(header, shardBytes) : null;
  let writer: ShardWriter | null = null;

  const closeShard = async () => {
    if (!writer) return;
    state.shards.push(await writer.close());
    writer = null;
    await save(state);
  };
  /** Writes rows that complete all documents so far, so a shard can end after them. */
  const write = async (ready: readonly EncodedRow[]) => {
    for (const row of ready) {
      const name = `${String(state.shards.length).padStart(5, '0')}.shard`;
      writer ??= await ShardWriter.create(join(folder, name), name, header);
      await writer.addEncoded(row.bytes, row.tokens, row.documents);
      tokensWritten += row.tokens;
    }
    if (writer && writer.bytes >= shardBytes) await closeShard();
  };

  try {
    const file = work.file(recordsFile(split));
    if (!state.done) {
      const unread = readGrowing(file, progress, state.bytes);
      const batches = recordBatches(unread, { file, start: state.bytes, first: state.records });
      const alreadyWritten = state.written;
      let documents = 0;
      const tokenize = async (batch: Batch) => ({ batch, result: await rows.tokenize(batch) });
      const { concurrency } = rows;
      for await (const { batch, result } of pMapIterable(batches, tokenize, { concurrency })) {
        signal?.throwIfAborted();
        state.bytesRead = batch.end;
        for (const [index, row] of encodedRows(result).entries()) {
          if (documents++ < alreadyWritten) continue;
          state.written = index + 1;
          await write(window ? window.add(row) : [row]);
        }
        dropped.merge(result.dropped);
        lostAnswers.merge(result.lostAnswers);
        tokens.merge(result.statistics);
        Object.assign(state, { records: state.records + batch.records, bytes: batch.end, written: 0 });
        report(state.records, tokensWritten);
      }
      await write(window?.flush() ?? []);
      await closeShard();
      state.done = true;
      await save(state);
      report(state.records, tokensWritten, true);
    }
  } finally {
    await (writer as ShardWriter | null)?.abandon();
  }
  return { state, index: await writeIndex(folder, header, state.shards) };
}

/** The rows of a batch with their bytes. */
function encodedRows({ bytes, lengths, tokens, documents }: TokenizedBatch): EncodedRow[] {
  let end = 0;
  return lengths.map((length, row) => {
    end += length;
    return { bytes: bytes.subarray(end - length, end), tokens: tokens[row], documents: documents[row] };
  });
}
