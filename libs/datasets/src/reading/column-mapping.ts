import { type Row, rowOf } from './row';

/** The column that holds each field of an example, such as `{prompt: 'question', output: 'answer'}`. */
export type ColumnMapping = Readonly<Record<string, string>>;

/** The fields that a mapping can name, as the adapters read them. */
const COLUMN_FIELDS: readonly string[] = [
  ...['prompt', 'instruction', 'question', 'query', 'input', 'context', 'system', 'history'],
  ...['completion', 'output', 'answer', 'response'],
  ...['chosen', 'rejected', 'margin', 'weight', 'score_chosen', 'score_rejected', 'label'],
  ...['messages', 'conversations', 'text', 'tools'],
];

/** A change of the names of a row's fields. */
export type RenameRow = (row: Row) => Row;

/** Only the fields of the mapping. */
export function onlyMapped(columns: ColumnMapping): RenameRow {
  const pairs = Object.entries(columns);
  return (row) =>
    Object.fromEntries(
      pairs.flatMap(([field, column]) => (Object.hasOwn(row, column) ? [[field, row[column]]] : [])),
    );
}

/** The fields of the mapping, and the other columns under their own names. */
export function renamed(columns: ColumnMapping): RenameRow {
  const mapped = onlyMapped(columns);
  const taken = new Set([...Object.keys(columns), ...Object.values(columns)]);
  return (row) => ({
    ...Object.fromEntries(Object.entries(row).filter(([column]) => !taken.has(column))),
    ...mapped(row),
  });
}

/**
 * The columns that are fields but for their spelling: "Question", "SYSTEM PROMPT". Null when there are none, or two would have one name.
 */
export function respelled(rows: readonly Row[]): ColumnMapping | null {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const mapping: Record<string, string> = {};
  for (const column of columns) {
    const field = column
      .trim()
      .toLowerCase()
      .replace(/[\s-]+/g, '_');
    if (field === column) continue;
    if (field in mapping || columns.includes(field)) return null;
    mapping[field] = column;
  }
  return Object.keys(mapping).length > 0 ? mapping : null;
}

/**
 * Checks the names of a mapping against the fields that there are, and against the columns of the first rows.
 * @throws Error that names the dataset, the unknown name and the known ones
 */
export function checkColumns(dataset: string, columns: ColumnMapping, rows: readonly Row[]): void {
  const fields = Object.keys(columns);
  const unknown = fields.find((field) => !COLUMN_FIELDS.includes(field));
  if (fields.length === 0 || unknown !== undefined) {
    throw new Error(
      `dataset ${dataset}: columns: ${unknown === undefined ? 'no field is named' : `there is no field "${unknown}"`}; ` +
        `expected field=column, with a field of ${COLUMN_FIELDS.join(', ')}.`,
    );
  }
  const found = new Set(rows.flatMap((row) => Object.keys(row)));
  const missing = Object.values(columns).find((column) => !found.has(column));
  if (missing === undefined) return;
  throw new Error(
    `dataset ${dataset}: columns: there is no column "${missing}" in it; it has ${[...found].slice(0, 20).join(', ')}.`,
  );
}

/** The rows of a source under other names. Values that are not rows stay as they are. */
export async function* renamedRows<R extends object>(
  rows: AsyncIterable<R>,
  rename: RenameRow,
): AsyncGenerator<R> {
  for await (const raw of rows) {
    const row = 'value' in raw ? rowOf(raw.value) : null;
    yield row ? { ...raw, value: rename(row) } : raw;
  }
}
