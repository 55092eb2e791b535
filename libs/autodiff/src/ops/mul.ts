import { differentiable } from '../autodiff/differentiable';
import type { Value } from '../graph/value';
import { binary, reduceTo } from './elementwise';

/** a · b elementwise, broadcasting. */
export function mul(a: Value, b: Value): Value {
  return differentiable('mul', [a, b], [binary('mul', 'Mul', a, b)], ([dy]) => [
    a.requiresGrad ? reduceTo(mul(dy!, b), a.shape) : undefined,
    b.requiresGrad ? reduceTo(mul(dy!, a), b.shape) : undefined,
  ]);
}
