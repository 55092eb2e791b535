import { shownRow } from '@open-chatgpt/datasets';

/** An example of a dropped row. */
export interface DroppedRow {
  dataset: string;
  row: number;
  /** Its file and line, where the source knows them. */
  place?: string;
  /** Its beginning. */
  text: string;
  /** The row that it repeats, if it is a duplicate. */
  of?: { dataset: string; row: number };
}

/** Counts of dropped rows, by reason. */
export type DropCounts = Record<
  string,
  { count: number; byDataset: Record<string, number>; examples: DroppedRow[] }
>;

const SHOWN_ROWS = 3;

/** Counts rows by reason, and keeps the first few of each. Its state is JSON. */
export class DropLog {
  constructor(readonly counts: DropCounts = {}) {}

  add(
    reason: string,
    { dataset, row, of }: Omit<DroppedRow, 'text' | 'place'>,
    show: () => Pick<DroppedRow, 'text' | 'place'>,
  ): void {
    this.counts[reason] ??= { count: 0, byDataset: {}, examples: [] };
    const entry = this.counts[reason];
    entry.count++;
    entry.byDataset[dataset] = (entry.byDataset[dataset] ?? 0) + 1;
    if (entry.examples.length === SHOWN_ROWS) return;
    const { text, place } = show();
    entry.examples.push({ dataset, row, place, text: shownRow(text), of });
  }

  /** Adds the counts of another log. */
  merge(counts: DropCounts): void {
    for (const [reason, { count, byDataset, examples }] of Object.entries(counts)) {
      this.counts[reason] ??= { count: 0, byDataset: {}, examples: [] };
      const entry = this.counts[reason];
      entry.count += count;
      for (const [dataset, rows] of Object.entries(byDataset))
        entry.byDataset[dataset] = (entry.byDataset[dataset] ?? 0) + rows;
      entry.examples.push(...examples.slice(0, SHOWN_ROWS - entry.examples.length));
    }
  }

  get total(): number {
    return Object.values(this.counts).reduce((sum, { count }) => sum + count, 0);
  }
}
