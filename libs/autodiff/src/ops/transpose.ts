import { differentiable } from '../autodiff/differentiable';
import { ints } from '../graph/attribute';
import { GraphError } from '../graph/error';
import type { Value } from '../graph/value';

/** Axes in the order of `permutation`: y.shape[i] = x.shape[permutation[i]]. */
export function transpose(x: Value, permutation: readonly number[]): Value {
  if (permutation.toSorted().join() !== x.shape.map((_, axis) => axis).join()) {
    throw new GraphError(
      'transpose',
      `[${permutation}] is not a permutation of the axes of a tensor of rank ${x.rank}`,
    );
  }
  const shape = permutation.map((axis) => x.shape[axis]);
  const [y] = x.graph.node('Transpose', [x], { perm: ints(permutation) }, [{ shape, dtype: x.dtype }]);
  const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
  return differentiable('transpose', [x], [y], ([dy]) => [transpose(dy!, inverse)]);
}
