import { IGNORED_LABEL, type TokenizedSupervised } from '../tokenize/supervised';

/** Several documents in one row. */
export interface PackedRow {
  /** `[T]`, T ≤ maxLength. */
  inputIds: Int32Array;
  /** `[T]`; −100 where a document starts, for its first token must not be predicted from the previous document. */
  labels: Int32Array;
  /** `[T]`: starts at 0 in each document. */
  positionIds: Int32Array;
  /** `[T]`: 0, 1, … by document; attention stays within a segment. */
  segmentIds: Int32Array;
  /** The index in the input of each document. */
  sources: number[];
}

/**
 * Packs documents into rows of at most maxLength tokens without cutting any: best-fit-decreasing (Ding et al. 2024,
 * "Fewer Truncations Improve Language Modeling"): the longest first, each into the fullest row that it still fits.
 * Throws when a document is longer than maxLength.
 */
export function packSequences(items: readonly TokenizedSupervised[], maxLength: number): PackedRow[] {
  const lengths = items.map((item) => item.inputIds.length);
  const tooLong = lengths.findIndex((length) => length > maxLength);
  if (tooLong !== -1) {
    throw new Error(
      `packSequences: document ${tooLong} has ${lengths[tooLong]} tokens, more than maxLength ${maxLength}; ` +
        'tokenize with the same maxLength.',
    );
  }
  return fit(lengths, maxLength).map((sources) => join(items, sources));
}

/** The documents of each row. `open[space]` holds the rows that have exactly that much space left. */
function fit(lengths: readonly number[], maxLength: number): number[][] {
  const rows: number[][] = [];
  const open: number[][] = Array.from({ length: maxLength + 1 }, () => []);
  const longestFirst = lengths.map((_, index) => index).sort((a, b) => lengths[b] - lengths[a] || a - b);
  for (const index of longestFirst) {
    let space = lengths[index];
    while (space <= maxLength && open[space].length === 0) space++;
    const row = space <= maxLength ? (open[space].pop() as number) : rows.push([]) - 1;
    rows[row].push(index);
    open[Math.min(space, maxLength) - lengths[index]].push(row);
  }
  return rows;
}

function join(items: readonly TokenizedSupervised[], sources: number[]): PackedRow {
  const length = sources.reduce((sum, source) => sum + items[source].inputIds.length, 0);
  const row: PackedRow = {
    inputIds: new Int32Array(length),
    labels: new Int32Array(length),
    positionIds: new Int32Array(length),
    segmentIds: new Int32Array(length),
    sources,
  };
  let start = 0;
  sources.forEach((source, segment) => {
    const { inputIds, labels } = items[source];
    row.inputIds.set(inputIds, start);
    row.labels.set(labels, start);
    row.labels[start] = IGNORED_LABEL;
    for (let position = 0; position < inputIds.length; position++)
      row.positionIds[start + position] = position;
    row.segmentIds.fill(segment, start, start + inputIds.length);
    start += inputIds.length;
  });
  return row;
}
