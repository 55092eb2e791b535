/** What one step of a stage computes. */
export interface StageWork {
  /**
   * Forward and backward passes over as many rows as the stage computes at once. A forward pass alone counts a third, and the sampling of
   * a token as much as its pass.
   */
  passes: number;
  /** Updates of the weights of one model. */
  updates: number;
  /** Tokens of a row, with its padding. */
  length: number;
  /** The rows are shorter in general: the stage takes at most so long. */
  atMost?: boolean;
}

/**
 * Tokens to which rows are padded on average: the longest of each batch.
 * @param lengths of the rows, in tokens
 * @param grouped whether the rows of a batch have like lengths
 */
export function paddedLength(lengths: ArrayLike<number>, batch: number, grouped: boolean): number {
  const sorted = Float64Array.from(lengths).sort();
  if (sorted.length === 0) return 0;
  // Of `batch` places drawn from 0 to 1, the highest one is at batch / (batch + 1) on average.
  if (!grouped) return sorted[Math.ceil((sorted.length * batch) / (batch + 1)) - 1];
  return sorted.reduce((sum, length) => sum + length, 0) / sorted.length;
}
