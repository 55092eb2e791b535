import { composite } from '../autodiff/composite';
import { differentiable } from '../autodiff/differentiable';
import { requireDtype } from '../graph/check';
import type { Value } from '../graph/value';
import { unary } from './elementwise';
import { mul } from './mul';
import { neg } from './neg';
import { sigmoid } from './sigmoid';

/** log σ(x) = −softplus(−x): finite for every finite x, where log(sigmoid(−110)) is −∞ in fp32. */
export function logSigmoid(x: Value): Value {
  requireDtype('logSigmoid', 'float32', x);
  const y = composite(x.graph, () => neg(unary('logSigmoid', 'Softplus', neg(x))));
  return differentiable('logSigmoid', [x], [y], ([dy]) => [mul(dy!, sigmoid(neg(x)))]);
}
