import { requireDtype, requireSameDtype } from '../graph/check';
import { broadcastShapes } from '../graph/shape';
import type { Value } from '../graph/value';

function compare(op: string, opType: string, a: Value, b: Value): Value {
  requireSameDtype(op, a, b);
  return a.graph.node(opType, [a, b], {}, [
    { shape: broadcastShapes(op, a.shape, b.shape), dtype: 'bool' },
  ])[0];
}

/** a > b as bool; no gradient. */
export const greater = (a: Value, b: Value): Value => compare('greater', 'Greater', a, b);

/** a ≥ b as bool; no gradient. */
export const greaterOrEqual = (a: Value, b: Value): Value =>
  compare('greaterOrEqual', 'GreaterOrEqual', a, b);

/** a = b as bool; no gradient. */
export const equal = (a: Value, b: Value): Value => compare('equal', 'Equal', a, b);

/** a ∧ b of two bool tensors; no gradient. */
export function and(a: Value, b: Value): Value {
  requireDtype('and', 'bool', a, b);
  return compare('and', 'And', a, b);
}
