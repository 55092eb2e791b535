import { differentiable } from '../autodiff/differentiable';
import { float } from '../graph/attribute';
import { requireDtype } from '../graph/check';
import { GraphError } from '../graph/error';
import { MICROSOFT } from '../graph/graph';
import { formatShape, sameShape } from '../graph/shape';
import type { Value } from '../graph/value';
import { mul } from './mul';
import { sigmoid } from './sigmoid';
import { siluDerivative } from './silu';

/**
 * silu(gate) · up (Shazeer 2020, https://arxiv.org/abs/2002.05202), both [N, F].
 * The backward pass recomputes silu and the product from gate and up, so it keeps two activations instead of four.
 */
export function swiglu(gate: Value, up: Value): Value {
  requireDtype('swiglu', 'float32', gate, up);
  if (!sameShape(gate.shape, up.shape)) {
    throw new GraphError('swiglu', `gate ${formatShape(gate.shape)} and up ${formatShape(up.shape)} differ`);
  }
  const [activated] = gate.graph.node(
    'QuickGelu',
    [gate],
    { alpha: float(1) },
    [{ shape: gate.shape }],
    MICROSOFT,
  );
  const [y] = gate.graph.node('Mul', [activated, up], {}, [{ shape: up.shape }]);
  gate.graph.recomputable(y, () => mul(mul(gate, sigmoid(gate)), up));
  return differentiable('swiglu', [gate, up], [y], ([dy]) => [
    gate.requiresGrad ? mul(mul(dy!, up), siluDerivative(gate)) : undefined,
    up.requiresGrad ? mul(dy!, mul(gate, sigmoid(gate))) : undefined,
  ]);
}
