import type { Repair } from '@open-chatgpt/datasets';

/** A row in which a text was changed: what it said at that place, and what is kept. */
export interface RepairedRow extends Pick<Repair, 'before' | 'after'> {
  dataset: string;
  row: number;
  /** Its file and line, where the source knows them. */
  place?: string;
}

/** Counts of changed rows, by the name of the change. */
export type RepairCounts = Record<
  string,
  { count: number; byDataset: Record<string, number>; examples: RepairedRow[] }
>;

const SHOWN_ROWS = 3;

/** Counts changed rows, and keeps the first few of each change. Its state is JSON. */
export class RepairLog {
  constructor(readonly counts: RepairCounts = {}) {}

  add(
    { repair, before, after }: Repair,
    dataset: string,
    row: number,
    placeOf: () => string | undefined,
  ): void {
    this.counts[repair] ??= { count: 0, byDataset: {}, examples: [] };
    const entry = this.counts[repair];
    entry.count++;
    entry.byDataset[dataset] = (entry.byDataset[dataset] ?? 0) + 1;
    if (entry.examples.length < SHOWN_ROWS)
      entry.examples.push({ dataset, row, place: placeOf(), before, after });
  }
}
