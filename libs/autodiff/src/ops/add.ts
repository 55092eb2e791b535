import { differentiable } from '../autodiff/differentiable';
import type { Value } from '../graph/value';
import { binary, reduceTo } from './elementwise';

/** a + b, broadcasting. */
export function add(a: Value, b: Value): Value {
  return differentiable('add', [a, b], [binary('add', 'Add', a, b)], ([dy]) => [
    reduceTo(dy!, a.shape),
    reduceTo(dy!, b.shape),
  ]);
}
