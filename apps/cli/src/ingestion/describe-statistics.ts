import type { IngestReport, LengthStatistics, StatisticsTable } from '@open-chatgpt/ingestion';
import { formatNumber, formatShare } from '../terminal/format';
import { formatTable } from '../terminal/table';

const BAR = 40;

/** Rows, languages and lengths of a dataset, with a histogram. */
export function describeStatistics({ tokens, characters }: IngestReport): string {
  const unit = tokens ? 'tokens' : 'characters';
  const tables = Object.values(tokens ?? characters);
  const sum = (by: (dataset: string, language: string) => string) => merge(tables, by);
  return [
    section(
      'source',
      unit,
      sum((dataset) => dataset),
    ),
    section(
      'language',
      unit,
      sum((_, language) => language),
    ),
    histogram(unit, sum(() => 'all').get('all')),
  ].join('\n\n');
}

/** The entries of all tables, those added up to which `by` gives the same name. */
function merge(
  tables: readonly StatisticsTable[],
  by: (dataset: string, language: string) => string,
): Map<string, LengthStatistics> {
  const merged = new Map<string, LengthStatistics>();
  for (const table of tables)
    for (const [dataset, languages] of Object.entries(table))
      for (const [language, one] of Object.entries(languages)) {
        const name = by(dataset, language);
        const sum = merged.get(name) ?? { rows: 0, total: 0, longest: 0, histogram: {} };
        sum.rows += one.rows;
        sum.total += one.total;
        sum.longest = Math.max(sum.longest, one.longest);
        for (const [bucket, count] of Object.entries(one.histogram))
          sum.histogram[bucket] = (sum.histogram[bucket] ?? 0) + count;
        merged.set(name, sum);
      }
  return merged;
}

function section(title: string, unit: string, entries: Map<string, LengthStatistics>): string {
  const all = [...entries.values()].reduce((sum, { rows }) => sum + rows, 0);
  const sorted = [...entries].sort(([, a], [, b]) => b.rows - a.rows);
  return formatTable([
    [title, 'rows', 'share', unit, 'mean', 'longest'],
    ...sorted.map(([name, { rows, total, longest }]) => [
      name,
      formatNumber(rows),
      formatShare(rows / all),
      formatNumber(total),
      formatNumber(Math.round(total / rows)),
      formatNumber(longest),
    ]),
  ]);
}

/** A line for each power of two: rows that are at most so long, and longer than the line above. */
function histogram(unit: string, all: LengthStatistics | undefined): string {
  const buckets = Object.entries(all?.histogram ?? {}).map(([to, count]) => [Number(to), count] as const);
  const most = Math.max(...buckets.map(([, count]) => count), 1);
  const lines = buckets
    .sort(([a], [b]) => a - b)
    .map(([to, count]) => [
      `≤ ${formatNumber(to)}`,
      formatNumber(count),
      '█'.repeat(Math.max(1, Math.round((BAR * count) / most))),
    ]);
  return `Length in ${unit}\n${formatTable(lines)}`;
}
