import type { ShardHeader } from './format';

/**
 * Packs encoded supervised rows into one by concatenating their documents. The first label of each document is ignored: its token
 * must not be predicted from the document before it. Works on the encoded bytes (`encodeRow`), so packing costs little more than
 * a copy.
 */
export function mergeRows(
  rows: readonly Uint8Array[],
  { tokenIdBytes }: Pick<ShardHeader, 'tokenIdBytes'>,
): Buffer {
  const lengths: number[] = [];
  const sources: number[] = [];
  const runs = new Runs();
  const ids: Uint8Array[] = [];
  for (const row of rows) {
    const view = new DataView(row.buffer, row.byteOffset, row.byteLength);
    const integers = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => view.getUint32(4 * (from + i), true));
    const [tokens, documents, runCount] = integers(0, 3);
    lengths.push(...integers(3, documents));
    sources.push(...integers(3 + documents, documents));
    runs.append(integers(3 + 2 * documents, runCount));
    ids.push(row.subarray(row.length - tokens * tokenIdBytes));
  }
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  const counts = [tokens, lengths.length, runs.lengths.length];
  return Buffer.concat([littleEndian([...counts, ...lengths, ...sources, ...runs.lengths]), ...ids]);
}

/** Lengths of runs that alternate between ignored and trained on, beginning with ignored. */
class Runs {
  readonly lengths: number[] = [];

  /** Adds the runs of a document, and ignores the label of its first token. */
  append(document: readonly number[]): void {
    this.add(false, 1);
    let first = 1;
    document.forEach((length, run) => {
      const rest = length - Math.min(first, length);
      first -= length - rest;
      this.add(run % 2 === 1, rest);
    });
  }

  private add(trained: boolean, length: number): void {
    if (length === 0) return;
    const last = this.lengths.length - 1;
    if (last >= 0 && (last % 2 === 1) === trained) this.lengths[last] += length;
    else this.lengths.push(length);
  }
}

function littleEndian(values: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(4 * values.length);
  values.forEach((value, i) => void bytes.writeUInt32LE(value, 4 * i));
  return bytes;
}
