import { serves } from '../adapters';
import type { Adapter, DatasetKind } from '../adapters/adapter';
import {
  type ColumnMapping,
  checkColumns,
  onlyMapped,
  type RenameRow,
  renamed,
  respelled,
} from './column-mapping';
import { DETECTION_ROWS, detectAdapter, kindOfAdapter, recognized } from './detect';
import type { Row } from './row';

/** How the rows of a source are read. */
export interface Layout {
  adapter: Adapter;
  /** Where fields have other names than the adapter reads: the column of each. */
  columns?: ColumnMapping;
  /** Gives the fields of a row the names that the adapter reads. */
  rename?: RenameRow;
}

export interface LayoutOptions {
  /** By default the usual kind of the adapter. */
  kind?: DatasetKind;
  adapter?: Adapter;
  columns?: ColumnMapping;
}

/**
 * The adapter of a source by its first rows, and the names of its columns. With a mapping of columns, only the mapped ones are read; where
 * they are no whole example, as `output=answer` alone, the others keep their names. Without a mapping, columns whose names differ in case
 * or blanks ("Question") are recognized too.
 * @throws Error when the mapping names an unknown field or column, no adapter recognizes the rows, or it makes no examples of the kind
 */
export function chooseLayout(dataset: string, rows: readonly Row[], options: LayoutOptions): Layout {
  const { kind, adapter, columns } = options;
  if (columns) checkColumns(dataset, columns, rows);
  const candidates: Omit<Layout, 'adapter'>[] = columns
    ? [
        { columns, rename: onlyMapped(columns) },
        { columns, rename: renamed(columns) },
      ]
    : [{}, ...respelling(rows)];
  for (const { rename, ...rest } of candidates) {
    const read = rename ? rows.map(rename) : rows;
    const found = adapter ? [adapter].filter((one) => isMost(read, one)) : recognized(read);
    const fitting = found.find((one) => kind === undefined || serves(one, kind));
    if (fitting) return { ...rest, ...(rename && { rename }), adapter: fitting };
  }
  const { rename, ...rest } = candidates[columns ? 1 : 0];
  const read = rename ? rows.map(rename) : rows;
  return {
    ...rest,
    ...(rename && { rename }),
    adapter: adapter ?? detectAdapter(dataset, read, kind ?? 'supervised'),
  };
}

/** The kind that a dataset has where nobody names one. Throws as `chooseLayout`. */
export function usualKind(dataset: string, rows: readonly Row[], options: LayoutOptions): DatasetKind {
  return kindOfAdapter(chooseLayout(dataset, rows, options).adapter);
}

function respelling(rows: readonly Row[]): Omit<Layout, 'adapter'>[] {
  const columns = respelled(rows);
  return columns ? [{ columns, rename: renamed(columns) }] : [];
}

function isMost(rows: readonly Row[], { detect }: Adapter): boolean {
  const first = rows.slice(0, DETECTION_ROWS);
  return first.filter(detect).length > first.length / 2;
}
