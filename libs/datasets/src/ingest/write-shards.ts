import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ShardEntry, ShardHeader, ShardIndex } from '../shards/format';
import { writeIndex } from '../shards/write-index';
import { ShardWriter } from '../shards/write-shard';
import { createBatchTokenizer } from './batch-tokenizer';
import { type DropCounts, DropLog } from './drop-log';
import { inOrder } from './in-order';
import { type IngestOptions, type Tokenization, tokenizerHash } from './options';
import { progressMeter } from './progress';
import { readLines } from './read-lines';
import type { Side } from './row-pipeline';
import { Statistics, type StatisticsTable } from './statistics';
import type { NumberedRecord } from './tokenize-records';
import { recordsFile, shardsFolder, type WorkFolder } from './work-folder';

/** Where the second stage stands with one side: always behind a whole shard. */
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
/** Records that are tokenized, and packed, together; fewer when they are long, or shards are small. */
const BATCH_RECORDS = 1024;
const BATCH_CHARACTERS = 2 ** 20;

/** Stage two: tokenizes one side's records into shards. `save` is called after each shard; see `writeRecords`. */
export async function writeShards(
  options: IngestOptions & { tokenization: Tokenization },
  work: WorkFolder,
  side: Side,
  from: ShardsState | undefined,
  save: (state: ShardsState) => Promise<void>,
): Promise<{ state: ShardsState; index: ShardIndex }> {
  const { kind, tokenization, signal } = options;
  const { shardBytes = SHARD_BYTES } = tokenization;
  const header = headerOf(options);
  const folder = work.file(shardsFolder(side));
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
  const total = (await stat(work.file(recordsFile(side)))).size;
  const report = progressMeter('shards', state.records, () => ({ read: bytes, total }), options.onProgress);
  let tokensWritten = state.shards.reduce((sum, shard) => sum + shard.tokens, 0);
  let writer: ShardWriter | null = null;

  const tokenizer = createBatchTokenizer(kind, tokenization, header);

  const closeShard = async () => {
    if (!writer) return;
    state.shards.push(await writer.close());
    writer = null;
    Object.assign(state, { records, bytes });
    await save(state);
  };

  try {
    const file = work.file(recordsFile(side));
    if (!state.done) {
      const characters = Math.min(BATCH_CHARACTERS, shardBytes);
      const all = batches(file, state.bytes, state.records, characters);
      for await (const { item: batch, result } of inOrder(all, tokenizer.atOnce, tokenizer.tokenize)) {
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
        records += batch.records.length;
        bytes = batch.end;
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
    await tokenizer.close();
  }
  return { state, index: await writeIndex(folder, header, state.shards) };
}

function headerOf({ kind, tokenization }: IngestOptions & { tokenization: Tokenization }): ShardHeader {
  const { tokenizer, template, maxLength, pack = false } = tokenization;
  return {
    kind,
    tokenIdBytes: tokenizer.vocabSize <= 2 ** 16 ? 2 : 4,
    vocabSize: tokenizer.vocabSize,
    tokenizerSha256: tokenizerHash(tokenizer),
    template: template.name,
    maxLength,
    packed: pack,
  };
}

/** The records from byte `start` on, in batches that depend on nothing but the records. */
async function* batches(file: string, start: number, first: number, maxCharacters: number) {
  let records: NumberedRecord[] = [];
  let characters = 0;
  let number = first;
  let end = start;
  for await (const line of readLines(file, start)) {
    records.push({ number: number++, text: line.text });
    characters += line.text.length;
    end = line.end;
    if (records.length < BATCH_RECORDS && characters < maxCharacters) continue;
    yield { records, file, end };
    records = [];
    characters = 0;
  }
  if (records.length > 0) yield { records, file, end };
}
