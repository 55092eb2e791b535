import { differentiable } from '../autodiff/differentiable';
import { GraphError } from '../graph/error';
import { formatShape, normalizeAxis } from '../graph/shape';
import type { Value } from '../graph/value';

/** Elements [start, end) along one axis of fixed size. */
export function slice(x: Value, axis: number, start: number, end: number): Value {
  const at = normalizeAxis('slice', axis, x.rank);
  const size = x.shape[at];
  if (typeof size === 'string' || start < 0 || end > size || start >= end) {
    throw new GraphError('slice', `[${start}, ${end}) is outside axis ${axis} of ${formatShape(x.shape)}`);
  }
  if (start === 0 && end === size) return x;
  const { graph } = x;
  const shape = x.shape.map((dim, i) => (i === at ? end - start : dim));
  const inputs = [x, graph.int64s([start]), graph.int64s([end]), graph.int64s([at])];
  const [y] = graph.node('Slice', inputs, {}, [{ shape, dtype: x.dtype }]);
  return differentiable('slice', [x], [y], ([dy]) => [pad(dy!, at, start, size - end)]);
}

/** Zeros before and after, along one axis of fixed size. */
export function pad(x: Value, axis: number, before: number, after: number): Value {
  if (before < 0 || after < 0) throw new GraphError('pad', `${before} and ${after} must not be negative`);
  if (before === 0 && after === 0) return x;
  const at = normalizeAxis('pad', axis, x.rank);
  const size = x.shape[at];
  if (typeof size === 'string')
    throw new GraphError('pad', `axis ${at} of ${formatShape(x.shape)} has no fixed size`);
  const shape = x.shape.map((dim, i) => (i === at ? size + before + after : dim));
  const amounts = [before, after].flatMap((amount) => x.shape.map((_, i) => (i === at ? amount : 0)));
  const [y] = x.graph.node('Pad', [x, x.graph.int64s(amounts)], {}, [{ shape, dtype: x.dtype }]);
  return differentiable('pad', [x], [y], ([dy]) => [slice(dy!, at, before, before + size)]);
}
