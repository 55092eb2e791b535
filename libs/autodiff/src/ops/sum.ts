import { differentiable } from '../autodiff/differentiable';
import { int } from '../graph/attribute';
import { requireDtype } from '../graph/check';
import { normalizeAxis } from '../graph/shape';
import type { Value } from '../graph/value';
import { expand } from './expand';
import { reshape } from './reshape';

/**
 * Sum over `axes` (all by default).
 * @param keepDims keeps the summed axes with size 1
 */
export function sum(x: Value, axes?: readonly number[], keepDims = false): Value {
  requireDtype('sum', 'float32', x);
  // ONNX sums over all axes when the list is empty.
  if (axes?.length === 0) return x;
  const summed = (axes ?? x.shape.map((_, axis) => axis)).map((axis) => normalizeAxis('sum', axis, x.rank));
  const kept = x.shape.map((dim, axis) => (summed.includes(axis) ? 1 : dim));
  const shape = keepDims ? kept : x.shape.filter((_, axis) => !summed.includes(axis));
  const [y] = x.graph.node('ReduceSum', [x, x.graph.int64s(summed)], { keepdims: int(keepDims ? 1 : 0) }, [
    { shape },
  ]);
  return differentiable('sum', [x], [y], ([dy]) => [expand(reshape(dy!, kept), x.shape)]);
}
