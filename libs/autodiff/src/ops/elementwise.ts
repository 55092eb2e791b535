import { int } from '../graph/attribute';
import { requireDtype, requireSameDtype } from '../graph/check';
import { broadcastShapes, type Shape, sameShape } from '../graph/shape';
import type { Value } from '../graph/value';

/** One ONNX operator on two float tensors with broadcasting, without a gradient rule. */
export function binary(op: string, opType: string, a: Value, b: Value): Value {
  requireSameDtype(op, a, b);
  return a.graph.node(opType, [a, b], {}, [
    { shape: broadcastShapes(op, a.shape, b.shape), dtype: a.dtype },
  ])[0];
}

/** One ONNX operator on one float tensor, without a gradient rule. */
export function unary(op: string, opType: string, x: Value): Value {
  requireDtype(op, 'float32', x);
  return x.graph.node(opType, [x], {}, [{ shape: x.shape }])[0];
}

/** Sums `gradient` over the axes along which an input of shape `shape` was broadcast. */
export function reduceTo(gradient: Value, shape: Shape): Value {
  if (sameShape(gradient.shape, shape)) return gradient;
  const { graph } = gradient;
  const lead = gradient.rank - shape.length;
  const axes = gradient.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < lead || (shape[axis - lead] === 1 && gradient.shape[axis] !== 1));
  const kept = gradient.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  const summed = graph.node('ReduceSum', [gradient, graph.int64s(axes)], { keepdims: int(1) }, [
    { shape: kept },
  ])[0];
  if (lead === 0) return summed;
  return graph.node('Squeeze', [summed, graph.int64s(axes.slice(0, lead))], {}, [{ shape }])[0];
}
