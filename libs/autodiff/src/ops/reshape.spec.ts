import { checkGradient, declareInputs, graphErrorOf, runGraph } from '@open-chatgpt/testing';
import { Graph } from '../graph/graph';
import { reshape } from './reshape';

describe('reshape', () => {
  it('keeps the elements in order', () => {
    const data = [1, 2, 3, 4, 5, 6];
    const { y } = runGraph((_, { x }) => ({ y: reshape(x, [3, 1, 2]) }), { x: { shape: [2, 3], data } });
    expect(y).toEqual(data);
  });

  it.each([[[6]], [[3, 2]], [[1, 2, 1, 3]]])('has the gradient for [2, 3] → %j', (shape) => {
    checkGradient({
      name: 'reshape',
      inputs: { x: { shape: [2, 3] } },
      build: (_, { x }) => reshape(x, shape),
    });
  });

  it('is the value itself when nothing changes', () => {
    const { x } = declareInputs({ x: { shape: [3] } }).values;
    expect(reshape(x, [3])).toBe(x);
  });

  it.each([
    [[2, 3], [4], '[2, 3] and [4] have different sizes'],
    [['B', 3], ['B', 4], '[B, 3] and [B, 4] have different sizes'],
    [['B', 'T', 3], ['T', 'B', 3], '[T, B, 3] has several symbolic dimensions'],
  ])('refuses %j → %j', (from, to, message) => {
    const x = new Graph().input('x', 'float32', from);
    expect(graphErrorOf(() => reshape(x, to))).toBe(`reshape: ${message}`);
  });
});
