import { differentiable } from '../autodiff/differentiable';
import { float, int } from '../graph/attribute';
import { describe, requireDtype } from '../graph/check';
import { GraphError } from '../graph/error';
import { sameShape } from '../graph/shape';
import type { Value } from '../graph/value';
import { add } from './add';
import { mul } from './mul';
import { scale } from './scale';
import { sub } from './sub';
import { sum } from './sum';

/**
 * (x − mean) / std · weight + bias over the last axis (Ba et al. 2016, https://arxiv.org/abs/1607.06450).
 * x [N, D], weight and bias [D] → [N, D].
 */
export function layerNorm(x: Value, weight: Value, bias: Value, epsilon: number): Value {
  const [rows, width] = x.shape;
  requireDtype('layerNorm', 'float32', x, weight, bias);
  if (x.rank !== 2 || !sameShape(weight.shape, [width]) || !sameShape(bias.shape, [width])) {
    const got = describe(x, weight, bias);
    throw new GraphError('layerNorm', `needs x [N, D], weight [D] and bias [D], got ${got}`);
  }
  const attributes = { axis: int(-1), epsilon: float(epsilon), stash_type: int(1) };
  const outputs = [{ shape: x.shape }, { shape: [rows, 1] }, { shape: [rows, 1] }];
  const [y, mean, inverseStd] = x.graph.node('LayerNormalization', [x, weight, bias], attributes, outputs);
  x.graph.recomputable(y, () => add(mul(mul(sub(x, mean), inverseStd), weight), bias));
  return differentiable('layerNorm', [x, weight, bias], [y], ([dy]) => {
    const normalized = mul(sub(x, mean), inverseStd);
    const dNormalized = mul(dy!, weight);
    const average = (value: Value) => scale(sum(value, [1], true), 1 / Number(width));
    const projected = mul(normalized, average(mul(dNormalized, normalized)));
    const dx = mul(sub(sub(dNormalized, average(dNormalized)), projected), inverseStd);
    return [dx, sum(mul(dy!, normalized), [0]), sum(dy!, [0])];
  });
}
