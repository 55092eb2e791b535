import { differentiable } from '../autodiff/differentiable';
import type { Value } from '../graph/value';
import { div } from './div';
import { unary } from './elementwise';

/** Natural logarithm. */
export function log(x: Value): Value {
  return differentiable('log', [x], [unary('log', 'Log', x)], ([dy]) => [div(dy!, x)]);
}
