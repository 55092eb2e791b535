import type { DropCounts, IngestReport, RepairCounts } from '@open-chatgpt/ingestion';
import { printable } from '@open-chatgpt/untrusted';
import { readAs } from '../terminal/columns-flag';
import { formatNumber } from '../terminal/format';
import { formatTable } from '../terminal/table';

const SHOWN_CHARACTERS = 60;

/** The rows of each source, and the reasons for dropped rows with their counts and an example. */
export function describeReport(report: IngestReport): string {
  const { rows, kept, sources, dropped, repaired = {}, notTokenized, lostAnswers, forgotten } = report;
  const sourceRows = sources.map(({ name, adapter, columns, weight, rows: read, kept: left }) => [
    name,
    readAs(adapter, columns),
    formatNumber(weight),
    formatNumber(read),
    formatNumber(left),
  ]);
  const parts = [
    `${formatNumber(rows)} rows read, ${formatNumber(kept.train + kept.eval)} examples kept: ` +
      `${formatNumber(kept.train)} to train, ${formatNumber(kept.eval)} held out`,
    formatTable([['source', 'read as', 'weight', 'rows', 'kept'], ...sourceRows]),
  ];
  if (Object.keys(dropped).length > 0) parts.push('Dropped', reasonTable(dropped));
  for (const [side, reasons] of Object.entries(notTokenized ?? {}))
    if (Object.keys(reasons).length > 0) parts.push(`Not tokenized (${side})`, reasonTable(reasons));
  for (const [side, reasons] of Object.entries(lostAnswers ?? {}))
    if (Object.keys(reasons).length > 0)
      parts.push(
        `Answers that are not learned as they were written (${side})`,
        reasonTable(reasons, 'answers'),
      );
  if (Object.keys(repaired).length > 0) parts.push('Changed', repairTable(repaired));
  const lost = Object.values(forgotten).reduce((sum, count) => sum + count, 0);
  if (lost > 0)
    parts.push('Some duplicates may be left: memory for finding them was full. Raise --dedup-memory.');
  return parts.join('\n\n');
}

/** The changes, the most frequent first, each with its first example before and after. */
function repairTable(repairs: RepairCounts): string {
  const sorted = Object.entries(repairs).sort(([, a], [, b]) => b.count - a.count);
  return formatTable([
    ['change', 'rows', 'for example', 'before', 'after'],
    ...sorted.map(([repair, { count, examples }]) => {
      const [{ place, dataset, row, before, after }] = examples;
      const at = place ?? `${dataset}, row ${row}`;
      return [
        repair,
        formatNumber(count),
        at,
        printable(JSON.stringify(before)),
        printable(JSON.stringify(after)),
      ];
    }),
  ]);
}

/** The reasons, the most frequent first, each with its first example. */
function reasonTable(reasons: DropCounts, counted = 'rows'): string {
  const sorted = Object.entries(reasons).sort(([, a], [, b]) => b.count - a.count);
  return formatTable([
    ['reason', counted, 'for example', ''],
    ...sorted.map(([reason, { count, examples }]) => {
      const [{ place, dataset, row, text, of }] = examples;
      const repeats = of && `repeats row ${of.row}: `;
      const shown = `${repeats ?? ''}${text}`.replace(/\s+/g, ' ');
      return [
        reason,
        formatNumber(count),
        place ?? `${dataset}, row ${row}`,
        printable(shown, SHOWN_CHARACTERS),
      ];
    }),
  ]);
}
