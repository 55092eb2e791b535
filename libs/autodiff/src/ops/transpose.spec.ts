import { checkGradient, declareInputs, graphErrorOf, runGraph } from '@open-chatgpt/testing';
import { transpose } from './transpose';

describe('transpose', () => {
  it('permutes the axes', () => {
    const data = [0, 1, 2, 3, 4, 5];
    const { y, z } = runGraph((_, { x }) => ({ y: transpose(x, [2, 0, 1]), z: transpose(x, [0, 2, 1]) }), {
      x: { shape: [1, 2, 3], data },
    });
    expect([y, z]).toEqual([
      [0, 3, 1, 4, 2, 5],
      [0, 3, 1, 4, 2, 5],
    ]);
  });

  it('has the gradient, the inverse permutation', () => {
    checkGradient({
      name: 'transpose',
      inputs: { x: { shape: [2, 3, 4] } },
      build: (_, { x }) => transpose(x, [1, 2, 0]),
    });
  });

  it.each([[[0]], [[0, 0]], [[0, 2]], [[0, 1, 2]]])('refuses the permutation %j of two axes', (order) => {
    const { x } = declareInputs({ x: { shape: [2, 3] } }).values;
    expect(graphErrorOf(() => transpose(x, order))).toBe(
      `transpose: [${order}] is not a permutation of the axes of a tensor of rank 2`,
    );
  });
});
