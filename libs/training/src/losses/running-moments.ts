/** State of running moments in a checkpoint. */
export interface RunningMomentsState {
  count: number;
  mean: number;
  /** Σ (x − mean)² */
  squares: number;
}

/** Mean and standard deviation of a stream of numbers, in one pass. */
export interface RunningMoments {
  readonly count: number;
  readonly mean: number;
  /** Standard deviation with n − 1; 0 for fewer than two values. */
  readonly std: number;
  push(value: number): void;
  state(): RunningMomentsState;
}

/**
 * Source: Welford 1962, "Note on a method for calculating corrected sums of squares and products".
 * @param state from a checkpoint, to resume
 */
export function createRunningMoments(state?: RunningMomentsState): RunningMoments {
  let { count, mean, squares } = state ?? { count: 0, mean: 0, squares: 0 };
  return {
    get count() {
      return count;
    },
    get mean() {
      return mean;
    },
    get std() {
      return count > 1 ? Math.sqrt(squares / (count - 1)) : 0;
    },
    push(value) {
      if (!Number.isFinite(value))
        throw new Error(`running moments: expected a finite number; found ${value}`);
      count++;
      const distance = value - mean;
      mean += distance / count;
      squares += distance * (value - mean);
    },
    state: () => ({ count, mean, squares }),
  };
}
