import {
  BYTES_PER_ELEMENT,
  type DType,
  elementCount,
  formatShape,
  ONNX_DTYPE,
  type TypedArray,
} from '@open-chatgpt/tensor';
import type { Pointer } from './ort/api';
import { environment } from './ort/environment';

/** Array of `length` elements of a dtype on its own SharedArrayBuffer, so that worker threads can see it. */
export function allocate<D extends DType>(dtype: D, length: number): TypedArray {
  const buffer = new SharedArrayBuffer(length * BYTES_PER_ELEMENT[dtype]);
  switch (dtype as DType) {
    case 'float32':
      return new Float32Array(buffer);
    case 'int64':
      return new BigInt64Array(buffer);
    case 'int32':
      return new Int32Array(buffer);
    case 'int8':
      return new Int8Array(buffer);
    case 'float16':
      return new Uint16Array(buffer);
    default:
      return new Uint8Array(buffer);
  }
}

const released = new FinalizationRegistry<Pointer>((handle) =>
  environment().api.release('releaseValue', handle),
);

/** An OrtValue over our own memory: the runtime reads and writes `data` in place. */
export class Tensor {
  readonly handle: Pointer;
  /** The shape as the C API wants it; referenced as long as the handle. */
  private readonly dims: BigInt64Array;

  /** @throws Error when `data` does not fill `shape` */
  constructor(
    readonly dtype: DType,
    readonly shape: readonly number[],
    readonly data: TypedArray,
  ) {
    const size = elementCount(shape);
    if (data.length !== size || data.BYTES_PER_ELEMENT !== BYTES_PER_ELEMENT[dtype]) {
      const given = `${data.length} elements of ${data.BYTES_PER_ELEMENT} bytes`;
      throw new Error(`tensor ${dtype} ${formatShape(shape)} needs ${size} elements, got ${given}`);
    }
    const { api, memoryInfo } = environment();
    this.dims = BigInt64Array.from(shape.map(BigInt));
    const type = ONNX_DTYPE[dtype];
    this.handle = api.create(
      'createTensorWithData',
      memoryInfo,
      data,
      data.byteLength,
      this.dims,
      shape.length,
      type,
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
