import { differentiable } from '../autodiff/differentiable';
import type { Value } from '../graph/value';
import { unary } from './elementwise';
import { mul } from './mul';
import { sub } from './sub';

/** 1 / (1 + e⁻ˣ). */
export function sigmoid(x: Value): Value {
  const y = unary('sigmoid', 'Sigmoid', x);
  return differentiable('sigmoid', [x], [y], ([dy]) => [mul(dy!, mul(y, sub(x.graph.scalar(1), y)))]);
}
