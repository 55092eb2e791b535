import type { ColumnMapping } from '@open-chatgpt/datasets';
import { InvalidArgumentError, Option } from 'commander';

/** The flag that names the columns of a table. */
export const columnsOption = () =>
  new Option(
    '--columns <field=column>',
    'the columns that hold the fields, as prompt=question,output=answer (default: by their names)',
  ).argParser(parseColumns);

/**
 * `prompt=question,output=answer` as a mapping. Only a comma before the next field separates, so the name of a column may contain commas.
 */
export function parseColumns(text: string): ColumnMapping {
  const columns: Record<string, string> = Object.create(null);
  for (const part of text.split(/,(?=\s*\w+\s*=)/)) {
    const [, field, column] = /^\s*(\w+)\s*=\s*(\S.*)$/s.exec(part) ?? [];
    if (field === undefined)
      throw new InvalidArgumentError('Expected field=column, such as prompt=question,output=answer.');
    if (field in columns) throw new InvalidArgumentError(`The field "${field}" is given twice.`);
    columns[field] = column.trim();
  }
  return { ...columns };
}

/** A mapping as the flag writes it. */
export const shownColumns = (columns: ColumnMapping): string =>
  Object.entries(columns)
    .map(([field, column]) => `${field}=${column}`)
    .join(', ');

/** The adapter of a source, with the columns that it reads under other names. */
export const readAs = (adapter: string, columns?: ColumnMapping): string =>
  columns ? `${adapter} (${shownColumns(columns)})` : adapter;
