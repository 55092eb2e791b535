import { checkGradient, declareInputs, graphErrorOf, runGraph } from '@open-chatgpt/testing';
import { Graph } from '../graph/graph';
import { expand } from './expand';

describe('expand', () => {
  it('repeats along axes of size 1 and new ones', () => {
    const { y } = runGraph((_, { x }) => ({ y: expand(x, [2, 2, 2]) }), {
      x: { shape: [2, 1], data: [1, 2] },
    });
    expect(y).toEqual([1, 1, 2, 2, 1, 1, 2, 2]);
  });

  it.each([
    [
      [2, 1],
      [3, 2, 4],
    ],
    [[1], [5]],
    [[], [2, 2]],
  ])('has the gradient for %j → %j', (from, to) => {
    checkGradient({ name: 'expand', inputs: { x: { shape: from } }, build: (_, { x }) => expand(x, to) });
  });

  it('is the value itself when nothing changes', () => {
    const { x } = declareInputs({ x: { shape: [3] } }).values;
    expect(expand(x, [3])).toBe(x);
  });

  it.each([
    [[2], [3], 'shapes [2] and [3] do not broadcast'],
    [[2, 3], [1, 3], '[2, 3] does not broadcast to [1, 3]'],
    [[1], ['n'], 'needs fixed sizes, got [1] and [n]'],
  ])('refuses %j → %j', (from, to, message) => {
    const x = new Graph().input('x', 'float32', from);
    expect(graphErrorOf(() => expand(x, to))).toBe(`expand: ${message}`);
  });
});
