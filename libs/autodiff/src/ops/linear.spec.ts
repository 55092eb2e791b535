import { checkGradient, declareInputs, graphErrorOf, runGraph } from '@open-chatgpt/testing';
import { linear } from './linear';

const inputs = {
  x: { shape: [2, 2], data: [1, 2, 3, 4] },
  weight: { shape: [3, 2], data: [1, 0, 0, 1, 1, 1] },
};

describe('linear', () => {
  it('is x Wᵀ + b', () => {
    const { plain, biased } = runGraph(
      (_, { x, weight, bias }) => ({ plain: linear(x, weight), biased: linear(x, weight, bias) }),
      { ...inputs, bias: { shape: [3], data: [10, 20, 30] } },
    );
    expect(plain).toEqual([1, 2, 3, 3, 4, 7]);
    expect(biased).toEqual([11, 22, 33, 13, 24, 37]);
  });

  it('has the gradient', () => {
    checkGradient({
      name: 'linear',
      inputs: { x: { shape: [4, 3] }, weight: { shape: [2, 3] }, bias: { shape: [2] } },
      build: (_, { x, weight, bias }) => linear(x, weight, bias),
    });
  });

  it('names mismatched operands', () => {
    const { x, weight, bias } = declareInputs({ ...inputs, bias: { shape: [2] } }).values;
    expect(graphErrorOf(() => linear(weight, bias))).toBe('matmul: needs rank ≥ 2, got [3, 2] and [2]');
    expect(graphErrorOf(() => linear(x, weight, bias))).toBe('add: shapes [2, 3] and [2] do not broadcast');
  });
});
