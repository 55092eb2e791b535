import type { Value } from '../graph/value';
import { maximum } from './maximum';
import { minimum } from './minimum';

/** x limited to [low, high]; no gradient flows outside the limits. */
export function clamp(x: Value, low: Value, high: Value): Value {
  return minimum(maximum(x, low), high);
}
