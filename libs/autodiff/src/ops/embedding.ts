import { differentiable } from '../autodiff/differentiable';
import { int } from '../graph/attribute';
import { describe } from '../graph/check';
import { GraphError } from '../graph/error';
import type { Value } from '../graph/value';
import { reshape } from './reshape';

/**
 * Rows of a table: table [V, D], ids [...] int64 → [..., D].
 * The gradient of the table is sparse: the rows of d(output), which are summed outside the graph.
 */
export function embedding(table: Value, ids: Value): Value {
  if (table.rank !== 2 || ids.dtype !== 'int64') {
    throw new GraphError('embedding', `needs a table [V, D] and int64 ids, got ${describe(table, ids)}`);
  }
  const width = table.shape[1];
  const [y] = table.graph.node('Gather', [table, ids], { axis: int(0) }, [
    { shape: [...ids.shape, width], dtype: table.dtype },
  ]);
  return differentiable('embedding', [table], [y], ([dy]) => {
    const count = ids.shape.reduce<number>((product, dim) => product * Number(dim), 1);
    return [{ sparse: { indices: reshape(ids, [count]), rows: reshape(dy!, [count, width]) } }];
  });
}
