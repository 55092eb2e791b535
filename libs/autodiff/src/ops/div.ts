import { differentiable } from '../autodiff/differentiable';
import type { Value } from '../graph/value';
import { binary, reduceTo } from './elementwise';
import { mul } from './mul';
import { neg } from './neg';

/** a / b elementwise, broadcasting. */
export function div(a: Value, b: Value): Value {
  const y = binary('div', 'Div', a, b);
  return differentiable('div', [a, b], [y], ([dy]) => {
    const da = div(dy!, b);
    return [
      a.requiresGrad ? reduceTo(da, a.shape) : undefined,
      b.requiresGrad ? reduceTo(neg(mul(da, y)), b.shape) : undefined,
    ];
  });
}
