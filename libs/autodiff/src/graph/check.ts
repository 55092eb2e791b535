import type { DType } from './dtype';
import { GraphError } from './error';
import { formatShape } from './shape';
import type { Value } from './value';

/** Operands for messages: `float32 [2, 3] and int64 [4]`. */
export function describe(...values: readonly Value[]): string {
  return values.map(({ dtype, shape }) => `${dtype} ${formatShape(shape)}`).join(' and ');
}

/** @throws GraphError naming `op` and all operands unless each has the dtype */
export function requireDtype(op: string, dtype: DType, ...values: readonly Value[]): void {
  if (values.some((value) => value.dtype !== dtype)) {
    throw new GraphError(op, `needs ${dtype}, got ${describe(...values)}`);
  }
}

/** @throws GraphError naming `op` and all operands unless all have one dtype */
export function requireSameDtype(op: string, ...values: readonly Value[]): void {
  if (values.some((value) => value.dtype !== values[0].dtype)) {
    throw new GraphError(op, `dtypes differ: ${describe(...values)}`);
  }
}

/** @throws GraphError naming `op` and the shapes when a dimension is symbolic */
export function requireFixed(op: string, ...values: readonly Value[]): void {
  if (values.some(({ shape }) => shape.some((dim) => typeof dim === 'string'))) {
    throw new GraphError(op, `needs fixed sizes, got ${describe(...values)}`);
  }
}
