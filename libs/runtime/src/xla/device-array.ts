import { BYTES_PER_ELEMENT, type DType, elementCount, type TypedArray } from '@open-chatgpt/autodiff';
import { type Block, blocksOf, type Sharding } from '../sharding';
import type { DeviceArray } from '../tensor';
import type { Device, XlaClient } from './client';
import { gather } from './gather';
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

/** An array in the memory of devices: whole on one device, or divided over a mesh. Each device of this process has one buffer. */
export class XlaArray implements DeviceArray {
  constructor(
    private readonly client: XlaClient,
    readonly buffers: readonly Address[],
    private readonly dtype: DType,
    private readonly shape: readonly number[],
    readonly sharding: Sharding | null,
  ) {
    client.memory.add(buffers);
    unreachable.register(this, { client, buffers }, this);
  }

  /** Copies to each device of this process its block of `data`. */
  static upload(
    client: XlaClient,
    dtype: DType,
    shape: readonly number[],
    data: TypedArray,
    sharding: Sharding | null,
  ): XlaArray {
    const { api } = client;
    const strides = stridesOf(shape);
    const buffers = localBlocks(client, shape, sharding).map(({ starts, sizes, device }) => {
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
        .set(80, device.address);
      api.call('clientBufferFromHostBuffer', args);
      api.await(args.get(104));
      return args.get(112);
    });
    return new XlaArray(client, buffers, dtype, shape, sharding);
  }

  /**
   * Copies the whole array into `target`, on the calling thread. A block that several devices hold is copied once. Where other
   * processes hold a part, all of them must call it at the same point.
   */
  download(target: TypedArray): void {
    const { client, dtype, shape, sharding } = this;
    const blocks = localBlocks(client, shape, sharding).map((block, index) => ({
      block,
      buffer: this.buffers[index],
    }));
    const distinct = [...new Map(blocks.map((one) => [one.block.starts.join(), one])).values()];
    const held = distinct.reduce((total, { block }) => total + elementCount(block.sizes), 0);
    if (sharding && held < elementCount(shape)) {
      const whole = gather(client, this.buffers, { dtype, shape, sharding });
      const nowhereDivided = { mesh: sharding.mesh, axes: shape.map(() => []) };
      const gathered = new XlaArray(client, whole, dtype, shape, nowhereDivided);
      gathered.download(target);
      gathered.release();
      return;
    }
    for (const { block, buffer } of distinct) this.downloadBlock(buffer, block, target);
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
    const { api } = this.client;
    api.call('bufferToHostBuffer', args);
    api.await(args.get(48));
  }
}

const unreachable = new FinalizationRegistry<{ client: XlaClient; buffers: readonly Address[] }>(
  ({ client, buffers }) => client.memory.release(buffers),
);

/** Elements from one index to the next along each axis of a dense array. */
function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
}

/** The block of each device of this process, in the order of the mesh. */
function localBlocks(
  client: XlaClient,
  shape: readonly number[],
  sharding: Sharding | null,
): (Block & { device: Device })[] {
  const blocks = sharding ? blocksOf(shape, sharding) : [{ starts: shape.map(() => 0), sizes: shape }];
  const devices = client.devicesOf(sharding?.mesh ?? null);
  return devices.map((device, index) => ({ ...blocks[index], device })).filter(({ device }) => device.local);
}
