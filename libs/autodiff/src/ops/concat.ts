import { differentiable } from '../autodiff/differentiable';
import { int } from '../graph/attribute';
import { requireSameDtype } from '../graph/check';
import { GraphError } from '../graph/error';
import { formatShape, normalizeAxis } from '../graph/shape';
import type { Value } from '../graph/value';
import { slice } from './slice';

/** Tensors joined along one axis of fixed size; all other dimensions must agree. */
export function concat(parts: readonly Value[], axis: number): Value {
  if (parts.length === 0) throw new GraphError('concat', 'needs at least one part');
  requireSameDtype('concat', ...parts);
  if (parts.length === 1) return parts[0];
  const [first] = parts;
  const at = normalizeAxis('concat', axis, first.rank);
  for (const part of parts) {
    if (part.rank !== first.rank || part.shape.some((dim, i) => i !== at && dim !== first.shape[i])) {
      throw new GraphError(
        'concat',
        `${formatShape(first.shape)} and ${formatShape(part.shape)} differ outside axis ${at}`,
      );
    }
  }
  const sizes = parts.map(({ shape }) => {
    const size = shape[at];
    if (typeof size === 'string')
      throw new GraphError('concat', `axis ${at} of ${formatShape(shape)} has no fixed size`);
    return size;
  });
  const total = sizes.reduce((a, b) => a + b, 0);
  const shape = first.shape.map((dim, i) => (i === at ? total : dim));
  const [y] = first.graph.node('Concat', parts, { axis: int(at) }, [{ shape, dtype: first.dtype }]);
  return differentiable('concat', parts, [y], ([dy]) => {
    const starts = sizes.map((_, index) => sizes.slice(0, index).reduce((a, b) => a + b, 0));
    return sizes.map((size, index) => slice(dy!, at, starts[index], starts[index] + size));
  });
}
