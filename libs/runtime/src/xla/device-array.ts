import { BYTES_PER_ELEMENT, type DType, type TypedArray } from '@open-chatgpt/autodiff';
import { type Block, blocksOf, type Sharding } from '../sharding';
import type { DeviceArray } from '../tensor';
import type { XlaClient } from './client';
import { type Address, Struct } from './pjrt-api';

/** PJRT_Buffer_Type. */
const BUFFER_TYPE: Record<DType, number> = {
  bool: 1,
  int8: 2,
  int32: 4,
  int64: 5,
  uint8: 6,
  float16: 10,
  float32: 11,
};

/** PJRT_HostBufferSemantics: the memory is copied before the call returns. */
const COPIED_DURING_CALL = 0;

/** The devices of arrays: whole on one device, or divided over the devices of a mesh. */
export interface Placement {
  readonly devices: readonly Address[];
  readonly sharding: Sharding | null;
}

/** An array in the memory of devices: one buffer on each. */
export class XlaArray implements DeviceArray {
  constructor(
    private readonly client: XlaClient,
    readonly buffers: readonly Address[],
    private readonly shape: readonly number[],
    readonly sharding: Sharding | null,
  ) {
    client.memory.add(buffers);
    unreachable.register(this, { client, buffers }, this);
  }

  /** Copies to each device its block of `data`. */
  static upload(
    client: XlaClient,
    dtype: DType,
    shape: readonly number[],
    data: TypedArray,
    { devices, sharding }: Placement,
  ): XlaArray {
    const { api } = client;
    const strides = stridesOf(shape);
    const buffers = blocksOn(shape, sharding, devices.length).map(({ starts, sizes }, index) => {
      const first = starts.reduce((total, start, axis) => total + start * strides[axis], 0);
      const args = new Struct(120)
        .set(16, client.handle)
        .set(24, data.subarray(first))
        .set(32, BUFFER_TYPE[dtype])
        .set(40, BigInt64Array.from(sizes, BigInt))
        .set(48, sizes.length)
        .set(
          56,
          BigInt64Array.from(strides, (stride) => BigInt(stride * BYTES_PER_ELEMENT[dtype])),
        )
        .set(64, strides.length)
        .set(72, COPIED_DURING_CALL)
        .set(80, devices[index]);
      api.call('clientBufferFromHostBuffer', args);
      api.await(args.get(104));
      return args.get(112);
    });
    return new XlaArray(client, buffers, shape, sharding);
  }

  /** Copies the whole array into `target`, on the calling thread. A block that several devices hold is copied once. */
  download(target: TypedArray): void {
    const seen = new Set<string>();
    blocksOn(this.shape, this.sharding, this.buffers.length).forEach((block, index) => {
      const key = block.starts.join();
      if (seen.has(key)) return;
      seen.add(key);
      this.downloadBlock(this.buffers[index], block, target);
    });
  }

  release(): void {
    unreachable.unregister(this);
    this.client.memory.release(this.buffers);
  }

  private downloadBlock(buffer: Address, { starts, sizes }: Block, target: TypedArray): void {
    const strides = stridesOf(this.shape);
    const first = starts.reduce((total, start, axis) => total + start * strides[axis], 0);
    const count = sizes.reduce((product, size) => product * size, 1);
    // Only a division of the first axis leaves a block in one piece.
    const whole = sizes.every((size, axis) => axis === 0 || size === this.shape[axis]);
    if (whole) {
      this.copyOut(buffer, target.subarray(first, first + count));
      return;
    }
    const block = new (target.constructor as new (length: number) => TypedArray)(count);
    this.copyOut(buffer, block);
    const row = sizes[sizes.length - 1];
    for (let done = 0; done < count; done += row) {
      let rest = done / row;
      let at = first;
      for (let axis = sizes.length - 2; axis >= 0; axis--) {
        at += (rest % sizes[axis]) * strides[axis];
        rest = Math.floor(rest / sizes[axis]);
      }
      (target as Float32Array).set(block.subarray(done, done + row) as Float32Array, at);
    }
  }

  private copyOut(buffer: Address, target: TypedArray): void {
    const args = new Struct(56).set(16, buffer).set(32, target).set(40, target.byteLength);
    this.client.api.call('bufferToHostBuffer', args);
    this.client.api.await(args.get(48));
  }
}

const unreachable = new FinalizationRegistry<{ client: XlaClient; buffers: readonly Address[] }>(
  ({ client, buffers }) => client.memory.release(buffers),
);

/** Elements from one index to the next along each axis of a dense array. */
function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
}

function blocksOn(shape: readonly number[], sharding: Sharding | null, devices: number): Block[] {
  if (sharding) return blocksOf(shape, sharding);
  return Array.from({ length: devices }, () => ({ starts: shape.map(() => 0), sizes: shape }));
}
