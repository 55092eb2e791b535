import { attribute, expand, Graph, pad, slice, type Value, writeAt } from '@open-chatgpt/autodiff';

/** One buffer `cache` of zeros. */
export function emptyGraph(shape: readonly number[]): Graph {
  const graph = new Graph();
  const zero = graph.constant('float32', [1, 1, 1, 1], new Float32Array(1));
  graph.output('cache', expand(zero, shape));
  return graph;
}

/** One buffer `cache` in a larger one, `grown`, between zeros. */
export function growGraph(from: readonly number[], to: readonly number[]): Graph {
  const graph = new Graph();
  const cache = graph.input('cache', 'float32', from);
  graph.output(
    'grown',
    to.reduce((x, size, axis) => pad(x, axis, 0, size - from[axis]), cache),
  );
  return graph;
}

/**
 * Buffers [R, H, S, D] with the row `from` [1] copied over the row `to` [1]. Outputs have the names of inputs with `new:` before them.
 * @param source the shape of other buffers, of which `from` is a row, with `source:` before their names. Where theirs are shorter,
 *   zeros follow.
 */
export function copyRowGraph(
  names: readonly string[],
  shape: readonly number[],
  source?: readonly number[],
): Graph {
  const graph = new Graph();
  const index = (name: string) => graph.input(name, 'int64', [1]);
  const [from, to] = [index('from'), index('to')];
  for (const name of names) {
    const cache = graph.input(name, 'float32', shape);
    const read = source ? graph.input(`source:${name}`, 'float32', source) : cache;
    const row = [1, ...(source ?? shape).slice(1)];
    const [copy] = graph.node('Gather', [read, from], { axis: attribute.int(0) }, [{ shape: row }]);
    graph.output(`new:${name}`, writeAt(cache, [0], [to], ofLength(copy, shape[2])));
  }
  return graph;
}

/** The first S tokens of a row [1, H, ?, D]; zeros follow where it has fewer. */
function ofLength(row: Value, length: number): Value {
  const found = Number(row.shape[2]);
  if (found === length) return row;
  return found > length ? slice(row, 2, 0, length) : pad(row, 2, 0, length - found);
}
