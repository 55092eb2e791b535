import type { Operand } from '../hlo-builder';
import type { Lowering, NodeContext } from '../lowering';

const reduction =
  (kind: 'add' | 'maximum'): Lowering =>
  (node) => {
    const { hlo, operands, outputs } = node;
    const [x] = operands;
    const axes = node.integers(1).map((axis) => (axis < 0 ? axis + x.shape.length : axis));
    return [hlo.reshape(hlo.reduce(kind, x, axes), outputs[0].shape)];
  };

/** Reduces the last axis, and repeats the result along it. */
function alongRows({ hlo }: NodeContext, kind: 'add' | 'maximum', x: Operand): Operand {
  const last = x.shape.length - 1;
  return hlo.broadcast(
    hlo.reduce(kind, x, [last]),
    x.shape,
    x.shape.slice(0, -1).map((_, axis) => axis),
  );
}

/** The first index of the largest element of each row [N, V] → [N]. For NaN it is V. */
const argMax: Lowering = (node) => {
  const { hlo, operands, outputs } = node;
  const [x] = operands;
  const count = x.shape[1];
  // Counted from the end in float32, which is exact up to 2²⁴, so that the first of equal elements is the largest number.
  const fromEnd = hlo.constant(
    'float32',
    [count],
    Float32Array.from({ length: count }, (_, i) => count - i),
  );
  const isLargest = hlo.compare('EQ', x, alongRows(node, 'maximum', x));
  const found = hlo.select(isLargest, hlo.broadcast(fromEnd, x.shape, [1]), hlo.fill('float32', x.shape, 0));
  const largest = hlo.reduce('maximum', found, [1]);
  const index = hlo.elementwise('subtract', hlo.fill('float32', largest.shape, count), largest);
  return [hlo.convert(index, outputs[0].dtype)];
};

const softmax: Lowering = (node) => {
  const { hlo, operands } = node;
  const [x] = operands;
  const exponentials = hlo.elementwise(
    'exponential',
    hlo.elementwise('subtract', x, alongRows(node, 'maximum', x)),
  );
  return [hlo.elementwise('divide', exponentials, alongRows(node, 'add', exponentials))];
};

/** Means over the last axis, [N, 1]. */
function rowMean(node: NodeContext, x: Operand): Operand {
  const { hlo } = node;
  const sums = hlo.reshape(hlo.reduce('add', x, [1]), [x.shape[0], 1]);
  return hlo.elementwise('multiply', sums, hlo.fill('float32', sums.shape, 1 / x.shape[1]));
}

/** 1 / √(mean(x²) + epsilon), [N, 1]. */
function inverseRms(node: NodeContext, x: Operand): Operand {
  const { hlo } = node;
  const squares = rowMean(node, hlo.elementwise('multiply', x, x));
  const epsilon = hlo.fill('float32', squares.shape, node.float('epsilon', 1e-5));
  return hlo.elementwise('rsqrt', hlo.elementwise('add', squares, epsilon));
}

/** x · factor · weight; the factor is [N, 1], the weight [D]. */
function scaleRows({ hlo }: NodeContext, x: Operand, factor: Operand, weight: Operand): Operand {
  const normalized = hlo.elementwise('multiply', x, hlo.broadcastTo(factor, x.shape));
  return hlo.elementwise('multiply', normalized, hlo.broadcastTo(weight, x.shape));
}

const rmsNorm: Lowering = (node) => {
  const [x, weight] = node.operands;
  const factor = inverseRms(node, x);
  return [scaleRows(node, x, factor, weight), factor];
};

const layerNorm: Lowering = (node) => {
  const { hlo, operands } = node;
  const [x, weight, bias] = operands;
  const mean = rowMean(node, x);
  const centered = hlo.elementwise('subtract', x, hlo.broadcastTo(mean, x.shape));
  const factor = inverseRms(node, centered);
  const scaled = scaleRows(node, centered, factor, weight);
  return [hlo.elementwise('add', scaled, hlo.broadcastTo(bias, x.shape)), mean, factor];
};

export const REDUCTIONS: Readonly<Record<string, Lowering>> = {
  ReduceSum: reduction('add'),
  ReduceMax: reduction('maximum'),
  ArgMax: argMax,
  Softmax: softmax,
  SimplifiedLayerNormalization: rmsNorm,
  LayerNormalization: layerNorm,
};
