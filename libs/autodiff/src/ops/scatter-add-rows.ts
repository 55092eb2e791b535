import { describe } from '../graph/check';
import { GraphError } from '../graph/error';
import type { Value } from '../graph/value';

/**
 * table[indices[i]] += rows[i]; rows may repeat an index. table [V, D], indices [N] int64, rows [N, D] → [V, D].
 * No gradient. Only XLA computes it: ONNX Runtime's ScatterND with reduction=add loses updates on repeated indices.
 */
export function scatterAddRows(table: Value, indices: Value, rows: Value): Value {
  const fits =
    table.rank === 2 &&
    indices.rank === 1 &&
    rows.rank === 2 &&
    rows.shape[0] === indices.shape[0] &&
    rows.shape[1] === table.shape[1];
  if (!fits || indices.dtype !== 'int64' || rows.dtype !== table.dtype)
    throw new GraphError(
      'scatterAddRows',
      `needs a table [V, D], int64 indices [N] and rows [N, D], got ${describe(table, indices, rows)}`,
    );
  return table.graph.node('ScatterAddRows', [table, indices, rows], {}, [
    { shape: table.shape, dtype: table.dtype },
  ])[0];
}
