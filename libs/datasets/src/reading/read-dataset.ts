import type { Adapter, DatasetKind, ExampleKinds } from '../adapters/adapter';
import { oncePerRow, type Repair } from '../adapters/repair';
import { openSource } from '../sources/open-source';
import type { Source } from '../sources/source';
import type { ColumnMapping } from './column-mapping';
import { convertRows } from './convert-rows';
import type { ReadLimits } from './limits';
import { describeLeftOut, remedyFor } from './reasons';
import { shownRow } from './shown-row';
import { sourceRows } from './source-rows';

export interface ReadOptions<K extends DatasetKind> {
  kind: K;
  /** The adapter or its name; without it, the first rows decide. */
  adapter?: string | Adapter;
  /** The column that holds each field, where the names of the columns do not say it. */
  columns?: ColumnMapping;
  /** Stop after this many examples. */
  limit?: number;
  /** What reading may cost; `DEFAULT_LIMITS` where not given. */
  limits?: Partial<ReadLimits>;
}

/** The place of a row that was left out, and the beginning of its text. */
export interface DroppedRow {
  file: string;
  line: number;
  text: string;
}

export interface ReadResult<E> {
  /** The name of the adapter that was given or found. */
  adapter: string;
  /** The column of each field that has another name in the source. */
  columns?: ColumnMapping;
  examples: E[];
  /** Rows that were left out, by reason. */
  dropped: Record<string, number>;
  /** The first row left out for each reason. */
  firstDropped: Record<string, DroppedRow>;
  /** Changes that the adapter made to texts, by name: the number of rows, and the first of them. */
  repaired: Record<string, RepairedRows>;
}

export interface RepairedRows {
  rows: number;
  first: DroppedRow & Pick<Repair, 'before' | 'after'>;
}

/**
 * Reads the examples of a small dataset into memory; `ingest` of libs/ingestion is for all others. `source` is a path, a URL or a
 * Hugging Face dataset (`openSource`), or an opened source. A row that is broken or unusable is counted with its reason and
 * costs no other row.
 *
 * @throws Error when the source cannot be read or is damaged, the adapter is unknown or does not fit `kind`, no adapter
 *   recognizes the rows, or no example is left
 */
export async function readDataset<K extends DatasetKind>(
  source: string | Source,
  { kind, adapter, columns, limit = Number.POSITIVE_INFINITY, limits }: ReadOptions<K>,
): Promise<ReadResult<ExampleKinds[K]>> {
  const opened = typeof source === 'string' ? await openSource(source) : source;
  const rows = await sourceRows(opened, { kind, adapter, columns, limits });
  const result: ReadResult<ExampleKinds[K]> = {
    adapter: rows.adapter.name,
    ...(rows.columns && { columns: rows.columns }),
    examples: [],
    dropped: {},
    firstDropped: {},
    repaired: {},
  };
  for await (const converted of convertRows(rows.rows, rows.adapter, kind)) {
    if ('examples' in converted) {
      const { line, row, examples, repairs } = converted;
      result.examples.push(...examples.slice(0, limit - result.examples.length));
      for (const { repair, before, after } of oncePerRow(repairs)) {
        const first = () => ({ ...rows.place(line), text: shownRow(row), before, after });
        result.repaired[repair] ??= { rows: 0, first: first() };
        result.repaired[repair].rows++;
      }
      if (result.examples.length >= limit) break;
      continue;
    }
    const { dropped: reason, line, row } = converted;
    result.dropped[reason] = (result.dropped[reason] ?? 0) + 1;
    result.firstDropped[reason] ??= { ...rows.place(line), text: shownRow(row) };
  }
  if (result.examples.length === 0) {
    const leftOut = Object.entries(result.dropped).map(([reason, count]) => {
      const { file, line } = result.firstDropped[reason];
      return { reason, count, place: `${file}:${line}` };
    });
    throw new Error(
      `dataset ${opened.name}: no ${kind} example in it, read as "${result.adapter}". ` +
        `Left out: ${describeLeftOut(leftOut)}. ${remedyFor(leftOut)}`,
    );
  }
  return result;
}
