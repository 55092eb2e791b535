import { type DatasetKind, documentsOf, encodeRow, type ShardHeader, tokensOf } from '@open-chatgpt/datasets';
import type { Tokenization } from '../ingest/options';
import { type DropCounts, DropLog } from '../records/drop-log';
import { Statistics, type StatisticsTable } from '../records/statistics';
import { tokenizeRecords } from './tokenize-records';

/** Records that are tokenized together. */
export interface Batch {
  /** Their lines as they lie in the file. */
  bytes: Uint8Array<ArrayBuffer>;
  /** How many they are, and the number of the first. */
  records: number;
  first: number;
  /** Their file, for messages, and the byte of it behind them. */
  file: string;
  end: number;
}

/** The rows of a batch, each of one document, and what is to be counted of it. Only arrays and JSON: it passes between threads. */
export interface TokenizedBatch {
  /** The rows' bytes, one row after the other. */
  bytes: Uint8Array;
  /** `[rows]`: bytes, tokens and documents of each. */
  lengths: number[];
  tokens: number[];
  documents: number[];
  dropped: DropCounts;
  statistics: StatisticsTable;
}

/** Tokenizes a batch. Depends on nothing but the batch and the settings. */
export async function tokenizeBatch(
  { bytes, first, file }: Batch,
  kind: DatasetKind,
  tokenization: Tokenization,
  header: ShardHeader,
): Promise<TokenizedBatch> {
  const dropped = new DropLog();
  const statistics = new Statistics();
  const lines = Buffer.from(bytes.buffer).toString('utf8').split('\n');
  const records = lines.map((text, index) => ({ number: first + index, text }));
  const rows = await tokenizeRecords(records, kind, tokenization, file, dropped, statistics);
  const encoded = rows.map((row) => encodeRow(row, header));
  return {
    bytes: Buffer.concat(encoded),
    lengths: encoded.map(({ length }) => length),
    tokens: rows.map(tokensOf),
    documents: rows.map(documentsOf),
    dropped: dropped.counts,
    statistics: statistics.table,
  };
}
