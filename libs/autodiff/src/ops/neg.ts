import { differentiable } from '../autodiff/differentiable';
import type { Value } from '../graph/value';
import { unary } from './elementwise';

/** −x. */
export function neg(x: Value): Value {
  return differentiable('neg', [x], [unary('neg', 'Neg', x)], ([dy]) => [neg(dy!)]);
}
