import { ints } from '../graph/attribute';
import { describe, requireDtype } from '../graph/check';
import { GraphError } from '../graph/error';
import { sameShape } from '../graph/shape';
import type { Value } from '../graph/value';

/**
 * The table with values at some places: for indices [...N] int64 along each of `axes`, and values [...N, ...the other axes of
 * the table]. Places outside the table are left out. No gradient. Only XLA computes it, in place where the table is not
 * read afterwards.
 */
export function writeAt(
  table: Value,
  axes: readonly number[],
  indices: readonly Value[],
  values: Value,
): Value {
  requireDtype('writeAt', 'int64', ...indices);
  requireDtype('writeAt', table.dtype, values);
  const rest = table.shape.filter((_, axis) => !axes.includes(axis));
  const shape = [...(indices[0]?.shape ?? []), ...rest];
  const fits = indices.length === axes.length && sameShape(values.shape, shape);
  if (!fits || indices.some((list) => !sameShape(list.shape, indices[0].shape)))
    throw new GraphError(
      'writeAt',
      `${describe(values, ...indices)} do not fit ${describe(table)} along the axes ${axes.join(', ')}`,
    );
  return table.graph.node('WriteAt', [table, values, ...indices], { axes: ints(axes) }, [
    { shape: table.shape, dtype: table.dtype },
  ])[0];
}
