import {
  BYTES_PER_ELEMENT,
  type DType,
  elementCount,
  formatShape,
  ONNX_DTYPE,
  type TypedArray,
} from '@open-chatgpt/autodiff';
import type { Pointer } from './ort/api';
import { environment } from './ort/environment';

const ARRAY: Record<DType, { readonly name: string; new (buffer: ArrayBufferLike): TypedArray }> = {
  float32: Float32Array,
  uint8: Uint8Array,
  int8: Int8Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
  float16: Uint16Array,
};

/** Array of `length` elements of a dtype on its own SharedArrayBuffer, which worker threads can share. */
export function allocate(dtype: DType, length: number): TypedArray {
  return new ARRAY[dtype](new SharedArrayBuffer(length * BYTES_PER_ELEMENT[dtype]));
}

const released = new FinalizationRegistry<Pointer>((handle) =>
  environment().api.release('releaseValue', handle),
);

/** An OrtValue over our own memory: the runtime reads and writes `data` in place. */
export class Tensor {
  readonly handle: Pointer;
  /** The shape as the C API expects it, referenced as long as the handle. */
  private readonly dims: BigInt64Array;

  /** @throws Error when `data` does not fill `shape` or is an array of another type */
  constructor(
    readonly dtype: DType,
    readonly shape: readonly number[],
    readonly data: TypedArray,
  ) {
    const size = elementCount(shape);
    // Compares the tag: `instanceof` is false for arrays of another realm.
    const [type, needed] = [data[Symbol.toStringTag], ARRAY[dtype].name];
    if (data.length !== size || type !== needed) {
      throw new Error(
        `tensor ${dtype} ${formatShape(shape)} needs a ${needed} of ${size} elements, got a ${type} of ${data.length}`,
      );
    }
    const { api, memoryInfo } = environment();
    this.dims = BigInt64Array.from(shape.map(BigInt));
    this.handle = api.create(
      'createTensorWithData',
      memoryInfo,
      data,
      data.byteLength,
      this.dims,
      shape.length,
      ONNX_DTYPE[dtype],
    );
    released.register(this, this.handle);
  }

  static zeros(dtype: DType, shape: readonly number[]): Tensor {
    return new Tensor(dtype, shape, allocate(dtype, elementCount(shape)));
  }

  /** The elements of a float32 tensor. */
  get floats(): Float32Array {
    return this.as('float32') as Float32Array;
  }

  get int64s(): BigInt64Array {
    return this.as('int64') as BigInt64Array;
  }

  get int32s(): Int32Array {
    return this.as('int32') as Int32Array;
  }

  private as(dtype: DType): TypedArray {
    if (this.dtype !== dtype) throw new Error(`tensor is ${this.dtype}, not ${dtype}`);
    return this.data;
  }
}
