import type { RowSource } from '@open-chatgpt/datasets';

/** A source of rows that a spec makes. @param lengthOf tokens of a row */
export function rowsInMemory<R>(rows: readonly R[], lengthOf: (row: R) => number): RowSource<R> {
  return {
    size: rows.length,
    lengths: rows.map(lengthOf),
    rows: async (indices) => indices.map((index) => rows[index]),
    close: async () => {},
  };
}
