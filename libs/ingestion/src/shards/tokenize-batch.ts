import { type DatasetKind, documentsOf, encodeRow, type ShardHeader, tokensOf } from '@open-chatgpt/datasets';
import type { Tokenization } from '../ingest/options';
import { type DropCounts, DropLog } from '../records/drop-log';
import { Statistics, type StatisticsTable } from '../records/statistics';
import { tokenizeRecords } from './tokenize-records';

/** Records that are tokenized together. */
export interface Batch {
  /** Their lines in the file. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Their count, and the number of the first. */
  records: number;
  first: number;
  /** Their file, for messages, and the offset of their end. */
  file: string;
  end: number;
}

/** The rows of a batch, each of one document, and its counts. It has only arrays and JSON, because it passes between threads. */
export interface TokenizedBatch {
  /** The bytes of all rows, concatenated. */
  bytes: Uint8Array;
  /** `[rows]`: bytes, tokens and documents of each row. */
  lengths: number[];
  tokens: number[];
  documents: number[];
  dropped: DropCounts;
  lostAnswers: DropCounts;
  statistics: StatisticsTable;
}

/** Tokenizes a batch. The result depends on the batch and the settings alone. */
export async function tokenizeBatch(
  { bytes, first, file }: Batch,
  kind: DatasetKind,
  tokenization: Tokenization,
  header: ShardHeader,
): Promise<TokenizedBatch> {
  const dropped = new DropLog();
  const lostAnswers = new DropLog();
  const statistics = new Statistics();
  const lines = Buffer.from(bytes.buffer).toString('utf8').split('\n');
  const records = lines.map((text, index) => ({ number: first + index, text }));
  const rows = await tokenizeRecords(records, kind, tokenization, file, dropped, statistics, lostAnswers);
  const encoded = rows.map((row) => encodeRow(row, header));
  return {
    bytes: Buffer.concat(encoded),
    lengths: encoded.map(({ length }) => length),
    tokens: rows.map(tokensOf),
    documents: rows.map(documentsOf),
    dropped: dropped.counts,
    lostAnswers: lostAnswers.counts,
    statistics: statistics.table,
  };
}
