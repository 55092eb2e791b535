import type { GradientRule } from '../graph/graph';
import type { Value } from '../graph/value';

/**
 * Records the gradient rule of an op on the tape and returns the first output of the op.
 * Nothing is recorded when no input requires a gradient, so frozen parts of a model cost nothing.
 */
export function differentiable(
  op: string,
  inputs: readonly Value[],
  outputs: readonly Value[],
  rule: GradientRule,
): Value {
  if (inputs.some((input) => input.requiresGrad)) outputs[0].graph.tape.push({ op, inputs, outputs, rule });
  return outputs[0];
}
