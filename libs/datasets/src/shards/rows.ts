import type { DatasetKind } from '../adapters/adapter';
import type { TokenizedPreference } from '../tokenize/preference';
import type { TokenizedPrompt } from '../tokenize/prompt';
import type { TokenizedUnpaired } from '../tokenize/unpaired';

/** A row of one document or several. */
export interface PackedRow {
  /** `[T]`, T ≤ maxLength. */
  inputIds: Int32Array;
  /** `[T]`; in a packed row −100 where a document starts: its first token must not be predicted from the document before it. */
  labels: Int32Array;
  /** `[T]`: starts at 0 in each document. */
  positionIds: Int32Array;
  /** `[T]`: 0, 1, … by document; attention stays within a segment. */
  segmentIds: Int32Array;
  /** The number of the record of each document. */
  sources: number[];
}

/** The rows of each kind of shard. `sources` and `source` are numbers of records in the JSONL of the split, from 0. */
export interface ShardRows {
  supervised: PackedRow;
  preference: TokenizedPreference & { source: number };
  unpaired: TokenizedUnpaired & { source: number };
  prompts: TokenizedPrompt & { source: number };
}

export type ShardRow<K extends DatasetKind = DatasetKind> = ShardRows[K];

/** Tokens in a row. In a pair: those of both answers, and of the prompt once. */
export function tokensOf(row: ShardRow): number {
  return 'chosenIds' in row
    ? row.chosenIds.length + row.rejectedIds.length - row.promptLength
    : row.inputIds.length;
}

/** Documents in a row. */
export function documentsOf(row: ShardRow): number {
  return 'sources' in row ? row.sources.length : 1;
}

/** A row of one document. */
export function singleDocument(
  { inputIds, labels }: { inputIds: Int32Array; labels: Int32Array },
  source: number,
): PackedRow {
  const positionIds = new Int32Array(inputIds.length);
  for (let position = 0; position < positionIds.length; position++) positionIds[position] = position;
  return {
    inputIds,
    labels,
    positionIds,
    segmentIds: new Int32Array(inputIds.length),
    sources: [source],
  };
}
