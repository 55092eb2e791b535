import type { Value } from '../graph/value';

/** x as a constant: no gradient. */
export function stopGradient(x: Value): Value {
  return x.graph.node('Identity', [x], {}, [{ shape: x.shape, dtype: x.dtype }])[0];
}
