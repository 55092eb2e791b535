import { differentiable } from '../autodiff/differentiable';
import { float, int } from '../graph/attribute';
import { describe, requireDtype } from '../graph/check';
import { GraphError } from '../graph/error';
import type { Value } from '../graph/value';
import { matmul } from './matmul';
import { mul } from './mul';
import { reshape } from './reshape';
import { sub } from './sub';
import { sum } from './sum';

/**
 * x / rms(x) · weight over the last axis (Zhang & Sennrich 2019, https://arxiv.org/abs/1910.07467).
 * x [N, D], weight [D] → [N, D].
 */
export function rmsNorm(x: Value, weight: Value, epsilon: number): Value {
  const width = x.shape[1];
  requireDtype('rmsNorm', 'float32', x, weight);
  if (x.rank !== 2 || weight.rank !== 1 || weight.shape[0] !== width) {
    throw new GraphError('rmsNorm', `needs x [N, D] and weight [D], got ${describe(x, weight)}`);
  }
  const attributes = { axis: int(-1), epsilon: float(epsilon), stash_type: int(1) };
  const outputs = [{ shape: x.shape }, { shape: [x.shape[0], 1] }];
  const [y, inverseRms] = x.graph.node('SimplifiedLayerNormalization', [x, weight], attributes, outputs);
  x.graph.recomputable(y, () => mul(mul(x, inverseRms), weight));
  return differentiable('rmsNorm', [x, weight], [y], ([dy]) => {
    const normalized = mul(x, inverseRms);
    const product = mul(dy!, normalized);
    // dx = (dy·w − x̂ · mean(dy·w·x̂)) / rms; the mean is a matrix-vector product with w/D.
    const mean = matmul(product, reshape(weight, [width, 1]), { alpha: 1 / Number(width) });
    const dx = mul(sub(mul(dy!, weight), mul(normalized, mean)), inverseRms);
    return [dx, weight.requiresGrad ? sum(product, [0]) : undefined];
  });
}
