import { checkGradient, declareInputs, graphErrorOf, runGraph } from '@open-chatgpt/testing';
import { mul } from './mul';

describe('mul', () => {
  it('multiplies, broadcasting', () => {
    const { y } = runGraph((_, { a, b }) => ({ y: mul(a, b) }), {
      a: { shape: [2, 2], data: [1, 2, 3, 4] },
      b: { shape: [2], data: [10, -1] },
    });
    expect(y).toEqual([10, -2, 30, -4]);
  });

  it.each([
    [
      [2, 3],
      [2, 3],
    ],
    [
      [2, 1, 3],
      [4, 1],
    ],
    [[], [2, 3]],
  ])('has the gradient for shapes %j and %j', (a, b) => {
    const inputs = { a: { shape: a }, b: { shape: b } };
    checkGradient({ name: 'mul', inputs, build: (_, values) => mul(values.a, values.b) });
  });

  it('has the gradient of a square', () => {
    checkGradient({ name: 'x²', inputs: { x: { shape: [4] } }, build: (_, { x }) => mul(x, x) });
  });

  it('names both mismatched operands', () => {
    const { a, b } = declareInputs({ a: { shape: [4] }, b: { shape: [3, 2] } }).values;
    expect(graphErrorOf(() => mul(a, b))).toBe('mul: shapes [4] and [3, 2] do not broadcast');
  });
});
