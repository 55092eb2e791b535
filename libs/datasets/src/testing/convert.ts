import { ADAPTERS } from '../adapters';
import { checkFields } from '../adapters/accounting';
import type { DatasetKind } from '../adapters/adapter';
import { type Row, RowDropped } from '../reading/row';

/** The examples of a row by the adapter of that name, or the reason why it is left out. */
export function convert(name: string, kind: DatasetKind, row: Row): unknown {
  const found = ADAPTERS.find((candidate) => candidate.name === name);
  const adapter = found?.begin?.(kind) ?? found;
  try {
    const examples = adapter?.[kind]?.(row);
    if (adapter && examples) checkFields(adapter, kind, row, examples);
    return examples;
  } catch (error) {
    if (error instanceof RowDropped) return error.reason;
    throw error;
  }
}

/** The name of the adapter that recognizes a row. */
export const detected = (row: Row) => ADAPTERS.find((adapter) => adapter.detect(row))?.name;
