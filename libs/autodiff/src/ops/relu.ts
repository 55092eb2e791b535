import { differentiable } from '../autodiff/differentiable';
import type { Value } from '../graph/value';
import { greater } from './compare';
import { unary } from './elementwise';
import { where } from './where';

/** max(x, 0); the gradient at 0 is 0, as in PyTorch. */
export function relu(x: Value): Value {
  const zero = x.graph.scalar(0);
  return differentiable('relu', [x], [unary('relu', 'Relu', x)], ([dy]) => [
    where(greater(x, zero), dy!, zero),
  ]);
}
