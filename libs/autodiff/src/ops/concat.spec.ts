import { checkGradient, declareInputs, graphErrorOf, runGraph } from '@open-chatgpt/testing';
import { Graph } from '../graph/graph';
import { concat } from './concat';

describe('concat', () => {
  it('joins along an axis', () => {
    const { rows, columns } = runGraph(
      (_, { a, b }) => ({ rows: concat([a, b], 0), columns: concat([a, b], -1) }),
      { a: { shape: [2, 2], data: [1, 2, 3, 4] }, b: { shape: [2, 2], data: [5, 6, 7, 8] } },
    );
    expect(rows).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(columns).toEqual([1, 2, 5, 6, 3, 4, 7, 8]);
  });

  it('has the gradient, also of a part that occurs twice', () => {
    checkGradient({
      name: 'concat',
      inputs: { a: { shape: [2, 1, 2] }, b: { shape: [2, 3, 2] } },
      build: (_, { a, b }) => concat([a, b, a], 1),
    });
  });

  it('of one part is the part', () => {
    const { x } = declareInputs({ x: { shape: [3] } }).values;
    expect(concat([x], 0)).toBe(x);
  });

  it('names mismatched parts', () => {
    const graph = new Graph();
    const a = graph.input('a', 'float32', [2, 3]);
    const b = graph.input('b', 'float32', [2, 2]);
    const ids = graph.input('ids', 'int64', [2, 3]);
    const open = graph.input('open', 'float32', ['n', 3]);
    expect(graphErrorOf(() => concat([], 0))).toBe('concat: needs at least one part');
    expect(graphErrorOf(() => concat([a, b], 0))).toBe('concat: [2, 3] and [2, 2] differ outside axis 0');
    expect(graphErrorOf(() => concat([a, ids], 0))).toBe(
      'concat: dtypes differ: float32 [2, 3] and int64 [2, 3]',
    );
    expect(graphErrorOf(() => concat([a, open], 0))).toBe('concat: axis 0 of [n, 3] has no fixed size');
    expect(graphErrorOf(() => concat([a, b], 2))).toBe('concat: axis 2 is outside a tensor of rank 2');
  });
});
