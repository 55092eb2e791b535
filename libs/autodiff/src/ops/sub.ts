import { differentiable } from '../autodiff/differentiable';
import type { Value } from '../graph/value';
import { binary, reduceTo } from './elementwise';
import { neg } from './neg';

/** a − b, broadcasting. */
export function sub(a: Value, b: Value): Value {
  return differentiable('sub', [a, b], [binary('sub', 'Sub', a, b)], ([dy]) => [
    reduceTo(dy!, a.shape),
    b.requiresGrad ? reduceTo(neg(dy!), b.shape) : undefined,
  ]);
}
