import { createSession, Tensor } from '@open-chatgpt/runtime';
import { Graph } from '../graph/graph';
import type { Shape } from '../graph/shape';
import { reduceTo } from './elementwise';

describe('reduceTo', () => {
  it.each<[Shape, Shape, number[], number[]]>([
    [
      [2, 3],
      [2, 3],
      [2, 3],
      [1, 2, 3, 4, 5, 6],
    ],
    [[2, 3], [3], [2, 3], [5, 7, 9]],
    [
      [2, 3],
      [2, 1],
      [2, 3],
      [6, 15],
    ],
    [[2, 3], [], [2, 3], [21]],
    [
      [1, 2, 3],
      [1, 3],
      [1, 2, 3],
      [5, 7, 9],
    ],
    [
      ['B', 'T', 3],
      ['T', 3],
      [2, 1, 3],
      [5, 7, 9],
    ],
    [
      ['B', 'T', 3],
      ['B', 'T', 1],
      [2, 1, 3],
      [6, 15],
    ],
    [
      ['B', 'T', 3],
      [1, 3],
      [2, 1, 3],
      [5, 7, 9],
    ],
  ])('sums %j over the axes broadcast from %j', (from, to, sizes, wanted) => {
    const graph = new Graph();
    const reduced = reduceTo(graph.input('x', 'float32', from), to);
    expect(reduced.shape).toEqual(to);
    graph.output('y', reduced);
    const known: Record<string, number> = { B: sizes[0], T: sizes[1] };
    const y = Tensor.zeros(
      'float32',
      to.map((dim) => (typeof dim === 'string' ? known[dim] : dim)),
    );
    const x = new Tensor('float32', sizes, Float32Array.of(1, 2, 3, 4, 5, 6));
    createSession(graph).bind({ x }, { y }).runSync();
    expect(Array.from(y.floats)).toEqual(wanted);
  });
});
