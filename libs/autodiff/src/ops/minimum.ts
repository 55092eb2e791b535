import { differentiable } from '../autodiff/differentiable';
import type { Value } from '../graph/value';
import { greaterOrEqual } from './compare';
import { binary, reduceTo } from './elementwise';
import { where } from './where';

/** The smaller of a and b; where they are equal the gradient goes to a. */
export function minimum(a: Value, b: Value): Value {
  return differentiable('minimum', [a, b], [binary('minimum', 'Min', a, b)], ([dy]) => {
    const zero = dy!.graph.scalar(0);
    const takesA = greaterOrEqual(b, a);
    return [reduceTo(where(takesA, dy!, zero), a.shape), reduceTo(where(takesA, zero, dy!), b.shape)];
  });
}
