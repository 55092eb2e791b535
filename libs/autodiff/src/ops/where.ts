import { differentiable } from '../autodiff/differentiable';
import { requireDtype, requireSameDtype } from '../graph/check';
import { broadcastShapes } from '../graph/shape';
import type { Value } from '../graph/value';
import { reduceTo } from './elementwise';

/** a where the condition (bool) holds, else b; broadcasting. */
export function where(condition: Value, a: Value, b: Value): Value {
  requireDtype('where', 'bool', condition);
  requireSameDtype('where', a, b);
  const shape = broadcastShapes('where', condition.shape, broadcastShapes('where', a.shape, b.shape));
  const [y] = a.graph.node('Where', [condition, a, b], {}, [{ shape, dtype: a.dtype }]);
  return differentiable('where', [a, b], [y], ([dy]) => {
    const zero = dy!.graph.scalar(0);
    return [
      a.requiresGrad ? reduceTo(where(condition, dy!, zero), a.shape) : undefined,
      b.requiresGrad ? reduceTo(where(condition, zero, dy!), b.shape) : undefined,
    ];
  });
}
