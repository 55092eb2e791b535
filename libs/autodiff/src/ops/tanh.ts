import { differentiable } from '../autodiff/differentiable';
import type { Value } from '../graph/value';
import { unary } from './elementwise';
import { mul } from './mul';
import { sub } from './sub';

/** Hyperbolic tangent. */
export function tanh(x: Value): Value {
  const y = unary('tanh', 'Tanh', x);
  return differentiable('tanh', [x], [y], ([dy]) => [mul(dy!, sub(x.graph.scalar(1), mul(y, y)))]);
}
