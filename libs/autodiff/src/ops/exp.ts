import { differentiable } from '../autodiff/differentiable';
import type { Value } from '../graph/value';
import { unary } from './elementwise';
import { mul } from './mul';

/** eˣ. */
export function exp(x: Value): Value {
  const y = unary('exp', 'Exp', x);
  return differentiable('exp', [x], [y], ([dy]) => [mul(dy!, y)]);
}
