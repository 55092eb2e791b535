/** Rows that training reads in any order. */
export interface RowSource<R> {
  readonly size: number;
  /** `[size]`: tokens of each row, to group rows of about the same length. */
  readonly lengths: ArrayLike<number>;
  /** The rows at these indices, in this order. */
  rows(indices: readonly number[]): Promise<R[]>;
  close(): Promise<void>;
}
