/** Rows that training visits in any order: in memory, or read from shards when they are asked for. */
export interface RowSource<R> {
  readonly size: number;
  /** `[size]`: tokens of each row, for batches of like length. */
  readonly lengths: ArrayLike<number>;
  /** The rows of these numbers, in this order. */
  rows(indices: readonly number[]): Promise<R[]>;
  close(): Promise<void>;
}
