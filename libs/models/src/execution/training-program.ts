import type { Arrays, Tensor } from '@open-chatgpt/runtime';

/** A compiled forward pass over one batch shape. */
export interface ForwardProgram {
  /** Inputs to fill before a run: `inputIds` [N] int64, and those of what is computed from the hidden states. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly outputs: Readonly<Record<string, Tensor>>;
  feed(arrays: Arrays): void;
  /** Computes the outputs. */
  run(): Promise<void>;
}

/** A compiled forward and backward pass. The outputs are `loss` [] and those of the objective. */
export interface TrainingProgram extends ForwardProgram {
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
