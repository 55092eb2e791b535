import { differentiable } from '../autodiff/differentiable';
import { GraphError } from '../graph/error';
import { formatShape, type Shape, sameShape } from '../graph/shape';
import type { Value } from '../graph/value';

/** The same elements in another shape; at most one dimension of the new shape may be symbolic. */
export function reshape(x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x;
  const symbols = shape.filter((dim) => typeof dim === 'string');
  if (symbols.length > 1)
    throw new GraphError('reshape', `${formatShape(shape)} has several symbolic dimensions`);
  const fixed = (dims: Shape) =>
    dims.reduce<number>((product, dim) => (typeof dim === 'number' ? product * dim : product), 1);
  // Sizes are comparable only when both shapes have the same symbolic dimension: [N, 12] may be [N*3, 4].
  const sameSymbols = symbols.join() === x.shape.filter((dim) => typeof dim === 'string').join();
  if (sameSymbols && fixed(x.shape) !== fixed(shape)) {
    throw new GraphError('reshape', `${formatShape(x.shape)} and ${formatShape(shape)} have different sizes`);
  }
  const target = x.graph.int64s(shape.map((dim) => (typeof dim === 'string' ? -1 : dim)));
  const [y] = x.graph.node('Reshape', [x, target], {}, [{ shape, dtype: x.dtype }]);
  return differentiable('reshape', [x], [y], ([dy]) => [reshape(dy!, x.shape)]);
}
