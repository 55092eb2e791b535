import {
  automaticGradients,
  checkGradient,
  declareInputs,
  graphErrorOf,
  runGraph,
} from '@open-chatgpt/testing';
import type { Graph } from '../graph/graph';
import type { Value } from '../graph/value';
import { clamp } from './clamp';

const build = (graph: Graph, { x }: { x: Value }) => clamp(x, graph.scalar(-0.5), graph.scalar(2));

describe('clamp', () => {
  it('limits to [low, high], which may be tensors', () => {
    const { y } = runGraph((_, { x, low, high }) => ({ y: clamp(x, low, high) }), {
      x: { shape: [4], data: [-3, 0, 1, 9] },
      low: { shape: [4], data: [-1, -1, 2, -1] },
      high: { shape: [], data: [5] },
    });
    expect(y).toEqual([-1, 0, 2, 5]);
  });

  it('passes the gradient inside and at the limits, not outside', () => {
    checkGradient({ name: 'clamp', inputs: { x: { shape: [5], data: [-3, -0.4, 0, 1.9, 9] } }, build });
    const limits = automaticGradients({ inputs: { x: { shape: [2], data: [-0.5, 2] } }, build }).x;
    expect(limits.every((value) => value !== 0)).toBe(true);
  });

  it('names mismatched operands', () => {
    const { x, low } = declareInputs({ x: { shape: [4] }, low: { shape: [3] } }).values;
    expect(graphErrorOf(() => clamp(x, low, low))).toBe('maximum: shapes [4] and [3] do not broadcast');
  });
});
