import { IGNORED_LABEL } from '../tokenize/supervised';

/** A row before padding. The optional fields default to those of one unpacked document. */
export interface UnpaddedRow {
  inputIds: Int32Array;
  labels?: Int32Array;
  positionIds?: Int32Array;
  segmentIds?: Int32Array;
}

/** Rectangular arrays `[B, T]`, row by row in one flat array each. */
export interface PaddedBatch {
  batchSize: number;
  length: number;
  inputIds: Int32Array;
  /** −100 on padding, and everywhere when the rows have no labels. */
  labels: Int32Array;
  /** 0 on padding. */
  positionIds: Int32Array;
  /** Number of the document that a position belongs to; −1 on padding. */
  segmentIds: Int32Array;
  /** `[B]`: tokens in each row before padding. */
  lengths: Int32Array;
}

export interface PadOptions {
  /** Null pads with id 0. Labels, lengths and segments mark padding, the id does not. */
  padTokenId: number | null;
  /** T by the length of the longest row, not below it. Default: that length. */
  roundLength?: (longest: number) => number;
  /** The longest T, whatever it is rounded to; a longer row is an error. */
  maxLength?: number;
}

/** Pads rows on the right to one length. Throws on an empty batch, an empty row, or one longer than maxLength. */
export function padBatch(rows: readonly UnpaddedRow[], options: PadOptions): PaddedBatch {
  const { padTokenId, roundLength = (longest) => longest, maxLength = Number.POSITIVE_INFINITY } = options;
  if (rows.length === 0) throw new Error('padBatch: no rows; expected at least one.');
  const longest = Math.max(...rows.map((row) => row.inputIds.length));
  if (longest > maxLength) {
    throw new Error(
      `padBatch: a row has ${longest} tokens, maxLength is ${maxLength}; truncate while tokenizing.`,
    );
  }
  const length = Math.min(roundLength(longest), maxLength);
  const size = rows.length * length;
  const batch: PaddedBatch = {
    batchSize: rows.length,
    length,
    inputIds: new Int32Array(size).fill(padTokenId ?? 0),
    labels: new Int32Array(size).fill(IGNORED_LABEL),
    positionIds: new Int32Array(size),
    segmentIds: new Int32Array(size).fill(-1),
    lengths: Int32Array.from(rows, (row) => row.inputIds.length),
  };
  rows.forEach((row, index) => {
    const { inputIds, labels, positionIds, segmentIds } = row;
    if (inputIds.length === 0) throw new Error(`padBatch: row ${index} is empty; drop it while tokenizing.`);
    const start = index * length;
    batch.inputIds.set(inputIds, start);
    if (labels) batch.labels.set(labels, start);
    batch.positionIds.set(positionIds ?? inputIds.map((_, position) => position), start);
    batch.segmentIds.set(segmentIds ?? new Int32Array(inputIds.length), start);
  });
  return batch;
}
