import { matmul } from '../ops/matmul';
import { Graph } from './graph';
import { matmulFlops } from './matmul-flops';

describe('matmulFlops', () => {
  it('counts two operations for each product of elements, of live nodes only', () => {
    const graph = new Graph();
    const [a, b] = [graph.input('a', 'float32', [3, 4, 5]), graph.input('b', 'float32', [6, 5])];
    graph.output('y', matmul(a, b, { transB: true }));
    matmul(a, a, { transA: true });
    expect(matmulFlops(graph)).toBe(2 * 3 * 4 * 5 * 6);
  });

  it('takes the contracted axis of a transposed operand', () => {
    const graph = new Graph();
    const [a, b] = [graph.input('a', 'float32', [7, 2]), graph.input('b', 'float32', [7, 3])];
    graph.output('y', matmul(a, b, { transA: true }));
    expect(matmulFlops(graph)).toBe(2 * 7 * 2 * 3);
  });
});
