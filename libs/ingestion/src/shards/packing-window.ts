import { mergeRows, type ShardHeader } from '@open-chatgpt/datasets';

/** A row as its shard holds it. */
export interface EncodedRow {
  bytes: Uint8Array;
  tokens: number;
  documents: number;
}

/** Documents that are packed together. More would hardly fill the rows better. */
const WINDOW_DOCUMENTS = 1024;
/** Bounds the memory that long documents take. */
const WINDOW_BYTES = 4 * 2 ** 20;

/**
 * Packs documents into rows of at most `maxLength` tokens without truncation, one window of consecutive documents at a time. Windows depend
 * on the documents alone, so the same documents give the same rows, in whatever batches they are tokenized.
 */
export class PackingWindow {
  private documents: EncodedRow[] = [];
  private bytes = 0;
  private readonly maxBytes: number;

  /** A window also ends when it fills a shard of `shardBytes`. */
  constructor(
    private readonly header: Pick<ShardHeader, 'tokenIdBytes' | 'maxLength'>,
    shardBytes: number,
  ) {
    this.maxBytes = Math.min(WINDOW_BYTES, shardBytes);
  }

  /** Adds a document. @returns the rows of the window if the document completes it, otherwise none */
  add(document: EncodedRow): EncodedRow[] {
    this.documents.push(document);
    this.bytes += document.bytes.length;
    const full = this.documents.length === WINDOW_DOCUMENTS || this.bytes >= this.maxBytes;
    return full ? this.flush() : [];
  }

  /** Packs the rest of the documents. */
  flush(): EncodedRow[] {
    const documents = this.documents;
    this.documents = [];
    this.bytes = 0;
    const lengths = documents.map(({ tokens }) => tokens);
    return bestFitDecreasing(lengths, this.header.maxLength).map((indices) => ({
      bytes: mergeRows(
        indices.map((index) => documents[index].bytes),
        this.header,
      ),
      tokens: indices.reduce((sum, index) => sum + lengths[index], 0),
      documents: indices.length,
    }));
  }
}

/**
 * Decides which documents share a row: best-fit-decreasing (Ding et al. 2024, "Fewer Truncations Improve Language Modeling"). The longest
 * document is first, and each is added to the fullest row that has enough space.
 *
 * @param lengths none more than `maxLength`
 * @returns the indices of the documents of each row
 */
export function bestFitDecreasing(lengths: readonly number[], maxLength: number): number[][] {
  const rows: number[][] = [];
  /** Rows by the space that is left in them. */
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
