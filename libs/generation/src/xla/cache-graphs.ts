import { attribute, expand, Graph, pad, writeAt } from '@open-chatgpt/autodiff';

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

/** Buffers with the row `from` [1] copied over the row `to` [1]. Outputs have the names of inputs with `new:` before them. */
export function copyRowGraph(names: readonly string[], shape: readonly number[]): Graph {
  const graph = new Graph();
  const index = (name: string) => graph.input(name, 'int64', [1]);
  const [from, to] = [index('from'), index('to')];
  const row = [1, ...shape.slice(1)];
  for (const name of names) {
    const cache = graph.input(name, 'float32', shape);
    const [copy] = graph.node('Gather', [cache, from], { axis: attribute.int(0) }, [{ shape: row }]);
    graph.output(`new:${name}`, writeAt(cache, [0], [to], copy));
  }
  return graph;
}
