import type { Value } from '../graph/value';
import { mul } from './mul';

/** x times a constant. */
export function scale(x: Value, factor: number): Value {
  return factor === 1 ? x : mul(x, x.graph.scalar(factor));
}
