import { allocate, Tensor } from '../tensor';

/** A typed array holds at most 4G elements. Smaller segments also need smaller contiguous allocations. */
const SEGMENT_ELEMENTS = 1 << 28;

/** The region of a parameter: elements [offset, offset + size) of one segment. */
export interface Region {
  segment: number;
  offset: number;
  size: number;
}

/**
 * Places parameters one after another in segments; no parameter crosses a boundary. Weights, gradients and moments of the
 * same parameters share one layout, so an update visits them in parallel.
 */
export function layOut(
  sizes: readonly number[],
  segmentElements = SEGMENT_ELEMENTS,
): { regions: Region[]; segments: number[] } {
  const segments: number[] = [];
  const regions = sizes.map((size) => {
    const last = segments.length - 1;
    if (last >= 0 && segments[last] + size <= segmentElements) {
      const region = { segment: last, offset: segments[last], size };
      segments[last] += size;
      return region;
    }
    segments.push(size);
    return { segment: segments.length - 1, offset: 0, size };
  });
  return { regions, segments };
}

/** Flat fp32 memory on SharedArrayBuffers, initially zero. */
export class Arena {
  private readonly memory: readonly Float32Array[];
  private readonly tensors: Tensor[] = [];

  constructor(segmentSizes: readonly number[]) {
    this.memory = segmentSizes.map((size) => allocate('float32', size) as Float32Array);
  }

  /** The memory, to read or to write. Copies of its tensors on a device become invalid. */
  get segments(): readonly Float32Array[] {
    for (const tensor of this.tensors) tensor.toHost();
    return this.memory;
  }

  /** The region of a parameter as a tensor of its shape. */
  tensor({ segment, offset, size }: Region, shape: readonly number[]): Tensor {
    const tensor = new Tensor('float32', shape, this.memory[segment].subarray(offset, offset + size));
    this.tensors.push(tensor);
    return tensor;
  }

  fill(value: number): void {
    for (const segment of this.segments) segment.fill(value);
  }

  copyFrom(other: Arena): void {
    this.segments.forEach((segment, index) => {
      segment.set(other.segments[index]);
    });
  }
}
