import { differentiable } from '../autodiff/differentiable';
import type { Value } from '../graph/value';
import { unary } from './elementwise';
import { mul } from './mul';
import { neg } from './neg';
import { sigmoid } from './sigmoid';

/** log σ(x) = −softplus(−x): finite for every finite x, where log(sigmoid(−110)) is −∞ in fp32. */
export function logSigmoid(x: Value): Value {
  const negated = neg(x);
  const y = neg(unary('logSigmoid', 'Softplus', negated));
  return differentiable('logSigmoid', [x], [y], ([dy]) => [mul(dy!, sigmoid(negated))]);
}
