import { differentiable } from '../autodiff/differentiable';
import { GraphError } from '../graph/error';
import { broadcastShapes, formatShape, type Shape, sameShape } from '../graph/shape';
import type { Value } from '../graph/value';
import { reduceTo } from './elementwise';

/** x broadcast to `shape` (fixed sizes). */
export function expand(x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x;
  if (!sameShape(broadcastShapes('expand', x.shape, shape), shape)) {
    throw new GraphError('expand', `${formatShape(x.shape)} does not broadcast to ${formatShape(shape)}`);
  }
  if (shape.some((dim) => typeof dim === 'string')) {
    throw new GraphError(
      'expand',
      `needs fixed sizes, got ${formatShape(x.shape)} and ${formatShape(shape)}`,
    );
  }
  const [y] = x.graph.node('Expand', [x, x.graph.int64s(shape.map(Number))], {}, [{ shape, dtype: x.dtype }]);
  return differentiable('expand', [x], [y], ([dy]) => [reduceTo(dy!, x.shape)]);
}
