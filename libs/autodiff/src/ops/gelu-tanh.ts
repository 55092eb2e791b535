import { requireDtype } from '../graph/check';
import type { Value } from '../graph/value';
import { add } from './add';
import { mul } from './mul';
import { scale } from './scale';
import { tanh } from './tanh';

/** The tanh approximation of GELU that GPT-2 uses (`gelu_new`): ½x(1 + tanh(√(2/π)(x + 0.044715x³))). */
export function geluTanh(x: Value): Value {
  requireDtype('geluTanh', 'float32', x);
  const one = x.graph.scalar(1);
  const cubic = mul(x, add(one, scale(mul(x, x), 0.044715)));
  return mul(scale(x, 0.5), add(one, tanh(scale(cubic, Math.sqrt(2 / Math.PI)))));
}
