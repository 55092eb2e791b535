import { checkGradient } from '@open-chatgpt/testing';
import { Graph } from '../graph/graph';
import { mul } from '../ops/mul';
import { scale } from '../ops/scale';
import { composite } from './composite';
import { differentiable } from './differentiable';

describe('composite', () => {
  it('applies only the rule of the composite op', () => {
    checkGradient({
      name: 'x³',
      inputs: { x: { shape: [3] } },
      build: (graph, { x }) => {
        const y = composite(graph, () => mul(x, mul(x, x)));
        return differentiable('cube', [x], [y], ([dy]) => [mul(dy!, scale(mul(x, x), 3))]);
      },
    });
  });

  it('keeps the earlier entries of the tape, also when building fails', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [2], true);
    scale(x, 2);
    const fail = () =>
      composite(graph, () => {
        scale(x, 3);
        throw new Error('stop');
      });
    expect(fail).toThrow('stop');
    expect(graph.tape).toHaveLength(1);
  });
});
