import { differentiable } from '../autodiff/differentiable';
import { float } from '../graph/attribute';
import { requireDtype } from '../graph/check';
import { MICROSOFT } from '../graph/graph';
import type { Value } from '../graph/value';
import { add } from './add';
import { mul } from './mul';
import { sigmoid } from './sigmoid';
import { sub } from './sub';

/** x σ(x) (swish). */
export function silu(x: Value): Value {
  requireDtype('silu', 'float32', x);
  const [y] = x.graph.node('QuickGelu', [x], { alpha: float(1) }, [{ shape: x.shape }], MICROSOFT);
  return differentiable('silu', [x], [y], ([dy]) => [mul(dy!, siluDerivative(x))]);
}

/** σ(x) (1 + x (1 − σ(x))); computed from x alone, so that the backward pass keeps only x. */
export function siluDerivative(x: Value): Value {
  const one = x.graph.scalar(1);
  const s = sigmoid(x);
  return mul(s, add(one, mul(x, sub(one, s))));
}
