import { differentiable } from '../autodiff/differentiable';
import { int } from '../graph/attribute';
import { describe, requireDtype } from '../graph/check';
import { GraphError } from '../graph/error';
import type { Value } from '../graph/value';
import { concat } from './concat';

/**
 * Some rows of x [N, D]: rows [M] int64 → [M, D].
 *
 * The gradient is a gather too, which avoids a scatter: `inverse` [N] int64 holds for each row of x its index in `rows`,
 * or M when the row is not selected. A row may be selected more than once only when its gradient is zero.
 */
export function selectRows(x: Value, rows: Value, inverse: Value): Value {
  requireDtype('selectRows', 'float32', x);
  requireDtype('selectRows', 'int64', rows, inverse);
  if (x.rank !== 2 || rows.rank !== 1 || inverse.rank !== 1 || inverse.shape[0] !== x.shape[0]) {
    const got = describe(x, rows, inverse);
    throw new GraphError('selectRows', `needs x [N, D], rows [M] and inverse [N], got ${got}`);
  }
  const width = Number(x.shape[1]);
  const gather = (source: Value, at: Value) =>
    x.graph.node('Gather', [source, at], { axis: int(0) }, [{ shape: [at.shape[0], width] }])[0];
  return differentiable('selectRows', [x], [gather(x, rows)], ([dy]) => {
    const nothing = x.graph.constant('float32', [1, width], new Float32Array(width));
    return [gather(concat([dy!, nothing], 0), inverse)];
  });
}
