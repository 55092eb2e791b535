import { elementCount, type TypedArray } from '@open-chatgpt/autodiff';
import { currentDevice } from '../device';
import { allocate, type Home, Tensor } from '../tensor';
import { placeOnDevices } from '../xla/place';
import type { Parts } from './parts';

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
function layOut(
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

/**
 * The fp32 memory of parameters, initially zero. ONNX Runtime has it in flat segments, of which each tensor is a part. On a
 * device each tensor lies there alone, and comes to our memory one at a time.
 */
export class Arena {
  readonly tensors: readonly Tensor[];
  /** The flat memory, which only ONNX Runtime has. */
  readonly segments: readonly Float32Array[];

  /** @param home where the tensors stay on a device */
  constructor(shapes: readonly (readonly number[])[], home: Home = 'device') {
    if (currentDevice().engine === 'xla') {
      this.segments = [];
      this.tensors = shapes.map((shape) => Tensor.zeros('float32', shape, home));
      return;
    }
    const { regions, segments } = layOut(shapes.map(elementCount));
    this.segments = segments.map((size) => allocate('float32', size) as Float32Array);
    this.tensors = regions.map(({ segment, offset, size }, index) => {
      const part = this.segments[segment].subarray(offset, offset + size);
      return new Tensor('float32', shapes[index], part);
    });
  }

  get byteLength(): number {
    return 4 * this.tensors.reduce((total, { shape }) => total + elementCount(shape), 0);
  }

  /** The elements to read. */
  get contents(): Parts {
    return this.parts((tensor) => tensor.read());
  }

  /** Memory to fill with all elements. What is filled goes to the device when the next part is taken, or the end is reached. */
  get slots(): Parts {
    return this.parts(
      ({ shape }) => allocate('float32', elementCount(shape)),
      (tensor, filled) => {
        tensor.write(filled);
        placeOnDevices(tensor);
      },
    );
  }

  clear(): void {
    for (const tensor of this.tensors) tensor.clear();
  }

  private parts(
    take: (tensor: Tensor) => TypedArray,
    done?: (tensor: Tensor, part: TypedArray) => void,
  ): Parts {
    const { byteLength, segments, tensors } = this;
    function* generate() {
      if (segments.length > 0) yield* segments;
      else
        for (const tensor of tensors) {
          const part = take(tensor);
          yield part;
          done?.(tensor, part);
        }
    }
    return { byteLength, [Symbol.iterator]: generate };
  }
}
