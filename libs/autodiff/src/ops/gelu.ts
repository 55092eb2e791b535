import { differentiable } from '../autodiff/differentiable';
import { requireDtype } from '../graph/check';
import { MICROSOFT } from '../graph/graph';
import type { Value } from '../graph/value';
import { add } from './add';
import { unary } from './elementwise';
import { exp } from './exp';
import { mul } from './mul';
import { scale } from './scale';

/** x Φ(x), exact (Hendrycks & Gimpel 2016, https://arxiv.org/abs/1606.08415). */
export function gelu(x: Value): Value {
  requireDtype('gelu', 'float32', x);
  const [y] = x.graph.node('Gelu', [x], {}, [{ shape: x.shape }], MICROSOFT);
  return differentiable('gelu', [x], [y], ([dy]) => {
    // Φ(x) + x φ(x)
    const half = x.graph.scalar(0.5);
    const cdf = add(half, mul(half, unary('erf', 'Erf', scale(x, Math.SQRT1_2))));
    const density = scale(exp(scale(mul(x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return [mul(dy!, add(cdf, mul(x, density)))];
  });
}
