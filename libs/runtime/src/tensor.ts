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
import { type Sharding, sameSharding } from './sharding';

const ARRAY: Record<DType, { readonly name: string; new (buffer: ArrayBufferLike): TypedArray }> = {
  float32: Float32Array,
  uint8: Uint8Array,
  int8: Int8Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
  float16: Uint16Array,
};

/** Array of `length` elements of a dtype, initially zero, on its own buffer: its address never changes. */
export function allocate(dtype: DType, length: number): TypedArray {
  return new ARRAY[dtype](new ArrayBuffer(length * BYTES_PER_ELEMENT[dtype]));
}

const released = new FinalizationRegistry<Pointer>((handle) =>
  environment().api.release('releaseValue', handle),
);

/** The elements of a tensor in the memory of devices. */
export interface DeviceArray {
  readonly sharding: Sharding | null;
  /** Copies the elements into `target`. */
  download(target: TypedArray): void;
  release(): void;
}

/**
 * Where the elements of a tensor stay between the runs of a device: in both memories, on the device alone, or in our own
 * alone, from where each run that needs them copies them to the device.
 */
export type Home = 'both' | 'device' | 'host';

/**
 * Elements of one dtype and shape. They are in our own memory, and ONNX Runtime reads and writes them there. On a device
 * they may be in its memory instead; reading `data` copies them back. Our own memory is allocated when it is needed.
 */
export class Tensor {
  private ort: { handle: Pointer; dims: BigInt64Array } | null = null;
  private device: DeviceArray | null = null;
  private placed: Sharding | null = null;
  /** Whether our own memory holds the elements. Without memory they are zero. */
  private onHost = true;

  /**
   * @param memory of the elements; null for zeros, without memory until they are needed
   * @throws Error when it does not fill `shape` or is an array of another type
   */
  constructor(
    readonly dtype: DType,
    readonly shape: readonly number[],
    private memory: TypedArray | null,
    private residence: Home = 'both',
  ) {
    if (!memory) return;
    const size = elementCount(shape);
    // Compares the tag: `instanceof` is false for arrays of another realm.
    const [type, needed] = [memory[Symbol.toStringTag], ARRAY[dtype].name];
    if (memory.length !== size || type !== needed) {
      throw new Error(
        `tensor ${dtype} ${formatShape(shape)} needs a ${needed} of ${size} elements, got a ${type} of ${memory.length}`,
      );
    }
  }

  static zeros(dtype: DType, shape: readonly number[], home: Home = 'both'): Tensor {
    return new Tensor(dtype, shape, null, home);
  }

  get home(): Home {
    return this.residence;
  }

  /** Says where the elements stay, in all programs that are bound to the tensor from now on. */
  stayOn(home: Home): void {
    if (home === 'host') this.toHost();
    this.residence = home;
  }

  /** An OrtValue over our own memory: ONNX Runtime reads and writes it in place. */
  get handle(): Pointer {
    this.ort ??= this.createOrtValue(this.ownMemory());
    return this.ort.handle;
  }

  /**
   * The elements, to read or to write. A copy on a device becomes invalid, so the array must not be kept while a session
   * uses the tensor there.
   */
  get data(): TypedArray {
    this.toHost();
    return this.ownMemory();
  }

  /** The elements, to read only: they stay where they are. On a device alone, the array is a copy of them. */
  read(): TypedArray {
    if (this.onHost && this.memory) return this.memory;
    const copy = allocate(this.dtype, elementCount(this.shape));
    if (!this.onHost) this.device?.download(copy);
    return copy;
  }

  /** Replaces the elements, without a copy of those before. @throws Error for a wrong length */
  write(elements: TypedArray): void {
    if (elements.length !== elementCount(this.shape))
      throw new Error(
        `tensor ${formatShape(this.shape)} takes ${elementCount(this.shape)} elements, got ${elements.length}`,
      );
    this.leaveDevice();
    (this.ownMemory() as Float32Array).set(elements as Float32Array);
  }

  /** Makes all elements zero. */
  clear(): void {
    this.leaveDevice();
    this.memory?.fill(0 as never);
  }

  /** Moves the elements to our own memory. */
  toHost(): void {
    if (!this.device) return;
    if (!this.onHost) this.device.download(this.ownMemory());
    this.leaveDevice();
  }

  /** How the tensor is divided over devices; null if it is whole. */
  get sharding(): Sharding | null {
    return this.placed;
  }

  /** Divides the tensor over the devices of a mesh, in all programs that are bound to it from now on. */
  shard(sharding: Sharding | null): void {
    if (!sameSharding(this.placed, sharding)) this.toHost();
    this.placed = sharding;
  }

  /** The elements on devices, placed as `sharding` says. `upload` copies them there when they are not. */
  toDevice<D extends DeviceArray>(sharding: Sharding | null, upload: (data: TypedArray) => D): D {
    if (this.device && !sameSharding(this.device.sharding, sharding)) this.toHost();
    if (!this.device) {
      this.device = upload(this.memory ?? allocate(this.dtype, elementCount(this.shape)));
      this.leaveHost();
    }
    return this.device as D;
  }

  /** Takes elements that a device has computed. The copy before them is invalid. */
  adopt(computed: DeviceArray): void {
    this.device?.release();
    this.device = computed;
    this.onHost = false;
    this.leaveHost();
  }

  private leaveDevice(): void {
    this.device?.release();
    this.device = null;
    this.onHost = true;
  }

  /** Frees our own memory, unless ONNX Runtime knows its address. */
  private leaveHost(): void {
    if (this.residence !== 'device' || this.ort) return;
    this.memory = null;
    this.onHost = false;
  }

  private ownMemory(): TypedArray {
    this.memory ??= allocate(this.dtype, elementCount(this.shape));
    return this.memory;
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

  private createOrtValue(array: TypedArray) {
    const { api, memoryInfo } = environment();
    const dims = BigInt64Array.from(this.shape.map(BigInt));
    const type = ONNX_DTYPE[this.dtype];
    const handle = api.create(
      'createTensorWithData',
      memoryInfo,
      array,
      array.byteLength,
      dims,
      dims.length,
      type,
    );
    released.register(this, handle);
    return { handle, dims };
  }
}
