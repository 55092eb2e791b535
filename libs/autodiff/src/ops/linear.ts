import type { Value } from '../graph/value';
import { add } from './add';
import { matmul } from './matmul';

/** x Wᵀ + b, as torch.nn.Linear: x [N, in], weight [out, in], bias [out] or null → [N, out]. */
export function linear(x: Value, weight: Value, bias: Value | null = null): Value {
  const y = matmul(x, weight, { transB: true });
  return bias ? add(y, bias) : y;
}
