import {
  add,
  attribute,
  type Graph,
  MICROSOFT,
  matmul,
  pad,
  slice,
  type Value,
} from '@open-chatgpt/autodiff';
import type { QuantizedMatrix } from './quantized-matrix';

const { int } = attribute;

/** The accuracy_level of the kernel: 4 also rounds each group of x to 8 bits and multiplies integers. */
const ACCURACY = { float32: 1, int8: 4 } as const;

/**
 * x Wᵀ with a quantized weight, which becomes part of the graph: x [N, in] → [N, out].
 * @param activations number format of x in the product. float32 is for matrices of 4 bits: there is no kernel for 8 bits, which
 * would be dequantized as a whole at each run.
 */
export function quantizedLinear(
  graph: Graph,
  x: Value,
  matrix: QuantizedMatrix,
  activations: keyof typeof ACCURACY = 'int8',
): Value {
  const { bits, groupSize, outFeatures, inFeatures, groups, values, scales, offsets } = matrix;
  const [y] = graph.node(
    'MatMulNBits',
    [
      x,
      graph.constant('uint8', [outFeatures, groups, (groupSize * bits) / 8], values),
      graph.constant('float32', [outFeatures * groups], scales),
    ],
    {
      K: int(inFeatures),
      N: int(outFeatures),
      bits: int(bits),
      block_size: int(groupSize),
      accuracy_level: int(ACCURACY[activations]),
    },
    [{ shape: [x.shape[0], outFeatures] }],
    MICROSOFT,
  );
  if (!offsets) return y;
  const table = graph.constant('float32', [groups, outFeatures], transposed(offsets, groups));
  return add(y, matmul(groupSums(graph, x, matrix), table));
}

/** The sum of each group of x: the weights of a group have one offset. [N, in] → [N, groups] */
function groupSums(graph: Graph, x: Value, { groupSize, groups, inFeatures }: QuantizedMatrix): Value {
  return graph.memo(`groupSums.${groupSize}|${x.name}`, () => {
    const whole = pad(x, 1, 0, groups * groupSize - inFeatures);
    const inGroups = graph.node('Reshape', [whole, graph.int64s([-1, groups, groupSize])], {}, [
      { shape: [x.shape[0], groups, groupSize] },
    ])[0];
    return graph.node('ReduceSum', [inGroups, graph.int64s([2])], { keepdims: int(0) }, [
      { shape: [x.shape[0], groups] },
    ])[0];
  });
}

/** [out, groups] → [groups, out] */
function transposed(offsets: Float32Array, groups: number): Float32Array {
  const rows = offsets.length / groups;
  return Float32Array.from(offsets, (_, i) => offsets[(i % rows) * groups + Math.floor(i / rows)]);
}

/** Rows of a table of 8-bit values [V, D] without offsets: ids [N] int64 → [N, D]. */
export function quantizedRows(graph: Graph, ids: Value, matrix: QuantizedMatrix): Value {
  const { bits, groupSize, groups, outFeatures, inFeatures, values, scales } = matrix;
  const width = groups * groupSize;
  const [rows] = graph.node(
    'GatherBlockQuantized',
    [
      graph.constant('uint8', [outFeatures, width], values),
      ids,
      graph.constant('float32', [outFeatures, groups], scales),
    ],
    { bits: int(bits), block_size: int(groupSize), gather_axis: int(0), quantize_axis: int(1) },
    [{ shape: [...ids.shape, width] }],
    MICROSOFT,
  );
  return width === inFeatures ? rows : slice(rows, 1, 0, inFeatures);
}
