/** One row as it lies in the file. `line` counts from 1: where the row starts; in Parquet, which row it is. */
export type RawRow = { line: number; value: unknown } | BrokenRow;

/** A row that cannot be read. */
export interface BrokenRow {
  line: number;
  reason: 'brokenJson' | 'brokenCsv' | 'wrongCellCount' | 'invalidUtf8' | 'rowTooLong';
  /** Its beginning, to show. */
  text: string;
}

/** A row's object, once it is known to be one. */
export type Row = Record<string, unknown>;

/** Thrown by an adapter to drop one row. The reason is a short name that is counted. */
export class RowDropped extends Error {
  constructor(readonly reason: string) {
    super(reason);
  }
}

/** The text of a field. Drops the row when it is missing or no string. */
export function textOf(row: Row, field: string): string {
  const value = row[field];
  if (value === undefined || value === null) throw new RowDropped(`missing:${field}`);
  if (typeof value !== 'string') throw new RowDropped(`wrongType:${field}`);
  return value.trim();
}

/** As `textOf`, with the empty text for a field that is missing. */
export function optionalTextOf(row: Row, field: string): string {
  return row[field] === undefined || row[field] === null ? '' : textOf(row, field);
}

/** Drops the row when a text that it needs is empty. */
export function notEmpty(text: string, reason: string): string {
  if (text === '') throw new RowDropped(reason);
  return text;
}

/** Whether a value is a text with that pattern in it. */
export function hasText(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value);
}

export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The row in a value: an object, or a list, whose fields are its positions ("0", "1"), as cells without a header are. */
export function rowOf(value: unknown): Row | null {
  if (isRow(value)) return value;
  return Array.isArray(value) ? { ...value } : null;
}
