import type { Arrays, Tensor } from '@open-chatgpt/runtime';

/** A compiled forward and backward pass over one batch shape. */
export interface TrainingProgram {
  /** To be filled before a run: `inputIds` [N] int64, and what the objective asked for. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** `loss` [], and what the objective gave out. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  feed(arrays: Arrays): void;
  /** The value of a scalar output. */
  scalar(name: string): number;
  /** Computes the outputs, and the gradients into the model's trained store. */
  run(): Promise<void>;
}

export interface TrainingOptions {
  batch: number;
  length: number;
  packed?: boolean;
  dropout?: boolean;
  /** Keep only each block's input and compute the rest again on the way back: less memory, more time, same numbers. */
  gradientCheckpointing?: boolean;
  /** Add to the gradients that are there. */
  accumulate?: boolean;
}
