/** The lengths of the rows of one dataset and language. */
export interface LengthStatistics {
  rows: number;
  /** Characters or tokens of all rows. */
  total: number;
  longest: number;
  /** Rows by length: "128" counts those of 65 to 128. */
  histogram: Record<string, number>;
}

/** By dataset, then by language. */
export type StatisticsTable = Record<string, Record<string, LengthStatistics>>;

/** Collects lengths. Its state is JSON. */
export class Statistics {
  constructor(readonly table: StatisticsTable = {}) {}

  add(dataset: string, language: string, length: number): void {
    const entry = this.entry(dataset, language);
    const bucket = 2 ** Math.ceil(Math.log2(Math.max(1, length)));
    entry.rows++;
    entry.total += length;
    entry.longest = Math.max(entry.longest, length);
    entry.histogram[bucket] = (entry.histogram[bucket] ?? 0) + 1;
  }

  /** Adds the counts of another table. */
  merge(table: StatisticsTable): void {
    for (const [dataset, languages] of Object.entries(table))
      for (const [language, { rows, total, longest, histogram }] of Object.entries(languages)) {
        const entry = this.entry(dataset, language);
        entry.rows += rows;
        entry.total += total;
        entry.longest = Math.max(entry.longest, longest);
        for (const [bucket, count] of Object.entries(histogram))
          entry.histogram[bucket] = (entry.histogram[bucket] ?? 0) + count;
      }
  }

  private entry(dataset: string, language: string): LengthStatistics {
    this.table[dataset] ??= {};
    const languages = this.table[dataset];
    languages[language] ??= { rows: 0, total: 0, longest: 0, histogram: {} };
    return languages[language];
  }
}
