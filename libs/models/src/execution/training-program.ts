import type { Arrays, Tensor } from '@open-chatgpt/runtime';

/** A compiled forward and backward pass over one batch shape. */
export interface TrainingProgram {
  /** Inputs to fill before a run: `inputIds` [N] int64, and the inputs of the objective. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** `loss` [], and the outputs of the objective. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  feed(arrays: Arrays): void;
  /** The value of a scalar output. */
  scalar(name: string): number;
  /** Computes the outputs, and writes the gradients into the model's trained store. */
  run(): Promise<void>;
}

export interface TrainingOptions {
  batch: number;
  length: number;
  packed?: boolean;
  dropout?: boolean;
  /** Keep only the input of each block and recompute the rest in the backward pass: less memory, more time, same numbers. */
  gradientCheckpointing?: boolean;
  /** Add to the existing gradients. */
  accumulate?: boolean;
}
