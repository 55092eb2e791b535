import { GraphError } from '../graph/error';
import type { SparseGradient, TableGradient } from '../graph/graph';
import { formatShape, sameShape } from '../graph/shape';
import { Value } from '../graph/value';
import { add } from '../ops/add';

/** d(loss)/d(value): a dense part and sparse rows to add to it. Either may be absent. */
export interface Gradient {
  dense?: Value;
  sparse: SparseGradient[];
}

/**
 * Reverse-mode differentiation over the graph's tape (Griewank & Walther, Evaluating Derivatives, ch. 3): adds the
 * backward nodes to the same graph.
 *
 * @param seeds gradients of the loss with respect to some values, of the values' own shapes; `[[loss, scalar(1)]]` for a loss
 * @param targets values to return the gradients of
 * @returns the gradient of each target, with neither part where the value is frozen or the loss does not depend on it
 * @throws GraphError when a seed or a rule's result has the wrong shape, naming the op and both shapes
 */
export function backward(
  seeds: readonly (readonly [Value, Value])[],
  targets: readonly Value[],
): Map<Value, Gradient> {
  if (seeds.length === 0) throw new GraphError('backward', 'needs at least one seed');
  const graph = seeds[0][0].graph;
  const gradients = new Map<Value, Gradient>();
  const accumulate = (op: string, value: Value, part: Value | TableGradient): void => {
    const known = gradients.get(value) ?? { sparse: [] };
    gradients.set(value, known);
    if (!(part instanceof Value)) {
      if (part.dense) accumulate(op, value, part.dense);
      if (part.sparse) known.sparse.push(part.sparse);
      return;
    }
    if (!sameShape(part.shape, value.shape)) {
      const shapes = `${formatShape(part.shape)} for a value of shape ${formatShape(value.shape)}`;
      throw new GraphError(op, `gradient of shape ${shapes} ("${value.name}")`);
    }
    known.dense = known.dense ? graph.backwardPass(() => add(known.dense!, part)) : part;
  };

  for (const [value, seed] of seeds) accumulate('seed', value, seed);
  // Gradient rules call ordinary ops, which record entries of their own. Only the entries of the forward pass are walked,
  // and only they remain on the tape, so a further call for another loss walks the same forward pass.
  const recorded = graph.tape.slice();
  for (const { op, inputs, outputs, rule } of recorded.reverse()) {
    const outputGradients = outputs.map((output) => {
      const gradient = gradients.get(output);
      if (gradient?.sparse.length) throw new GraphError(op, 'a sparse gradient can only reach a graph input');
      return gradient?.dense;
    });
    if (outputGradients.every((gradient) => gradient === undefined)) continue;
    const parts = graph.backwardPass(() => rule(outputGradients));
    inputs.forEach((input, index) => {
      const part = parts[index];
      if (part && input.requiresGrad) accumulate(op, input, part);
    });
  }
  graph.tape.length = recorded.length;
  return new Map(targets.map((target) => [target, gradients.get(target) ?? { sparse: [] }]));
}
