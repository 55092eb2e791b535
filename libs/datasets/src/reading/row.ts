/** One row of a file. `line` is the line where the row starts, from 1; in Parquet, the number of the row. */
export type RawRow = { line: number; value: unknown } | BrokenRow;

/** A row that cannot be read. */
export interface BrokenRow {
  line: number;
  reason: 'brokenJson' | 'brokenCsv' | 'wrongCellCount' | 'invalidUtf8' | 'rowTooLong';
  /** Its beginning, for reports. */
  text: string;
}

/** A row that is an object. */
export type Row = Record<string, unknown>;

/** Thrown by an adapter to drop one row. The reason is a short name that is counted. */
export class RowDropped extends Error {
  constructor(readonly reason: string) {
    super(reason);
  }
}

/** The text of a field, as it is in the file. Drops the row when the field is missing or not a string. */
export function textOf(row: Row, field: string): string {
  const value = row[field];
  if (value === undefined || value === null) throw new RowDropped(`missing:${field}`);
  if (typeof value !== 'string') throw new RowDropped(`wrongType:${field}`);
  return value;
}

/** As `textOf`; an empty text when the field is missing. */
export function optionalTextOf(row: Row, field: string): string {
  return row[field] === undefined || row[field] === null ? '' : textOf(row, field);
}

/** The text itself. Drops the row when the text is empty or has only blanks. */
export function notEmpty(text: string, reason: string): string {
  if (isBlankText(text)) throw new RowDropped(reason);
  return text;
}

/** Whether a field has a value that is not empty. */
export function isFilled(value: unknown): boolean {
  return value !== undefined && value !== null && !(typeof value === 'string' && isBlankText(value));
}

export function isBlankText(text: string): boolean {
  return text.trim() === '';
}

/** Whether a value is a text that matches the pattern. */
export function hasText(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value);
}

export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value as a row: an object, or a list with its positions ("0", "1") as field names, like cells without a header. */
export function rowOf(value: unknown): Row | null {
  if (isRow(value)) return value;
  return Array.isArray(value) ? { ...value } : null;
}
