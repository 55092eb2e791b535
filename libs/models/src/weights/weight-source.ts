import type { WeightBlocks } from './weight-blocks';

export interface TensorInfo {
  readonly name: string;
  readonly shape: readonly number[];
  /** The dtype in the file: F32, F16, BF16, Q4_1 …; reading always converts to fp32. */
  readonly dtype: string;
}

/** Named tensors of a model on disk, read one at a time. */
export interface WeightSource {
  tensors(): readonly TensorInfo[];
  /**
   * Fills `target` with the tensor in row-major order, converted to fp32 in chunks, with little memory beyond the target.
   * The target may lie in shared memory.
   *
   * @throws ModelFileError when the tensor is missing, its dtype cannot be converted, `target` has another size, or a value is
   * not finite
   */
  read(name: string, target: Float32Array): Promise<void>;
  /**
   * The blocks of a matrix [out, in] as the file stores them; null where the file stores numbers. Absent where no tensor of the
   * source has blocks.
   *
   * @throws ModelFileError as `read`
   */
  readBlocks?(name: string): Promise<WeightBlocks | null>;
  close(): Promise<void>;
}

/** Tensors as a file stores them, which can also be read in parts. */
export interface TensorFile extends WeightSource {
  /**
   * Fills `target` with the elements from `from`, which must be the first of a row.
   *
   * @throws ModelFileError as `read`
   */
  readPart(name: string, target: Float32Array, from: number): Promise<void>;
}

/** The number of elements of a shape; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}
