import {
  automaticGradients,
  checkGradient,
  declareInputs,
  graphErrorOf,
  runGraph,
} from '@open-chatgpt/testing';
import { maximum } from './maximum';

describe('maximum', () => {
  it('is the larger one, broadcasting', () => {
    const data = [-1, 2, 3, -4];
    const { y } = runGraph((_, { a, b }) => ({ y: maximum(a, b) }), {
      a: { shape: [2, 2], data },
      b: { shape: [], data: [1] },
    });
    expect(y).toEqual(data.map((value) => Math.max(value, 1)));
  });

  it.each([
    [
      [2, 3],
      [2, 3],
    ],
    [[2, 3], [3]],
    [[], [2, 3]],
  ])('has the gradient for shapes %j and %j', (a, b) => {
    const inputs = { a: { shape: a }, b: { shape: b } };
    checkGradient({ name: 'maximum', step: 1e-3, inputs, build: (_, values) => maximum(values.a, values.b) });
  });

  it('passes the whole gradient to a when both are equal', () => {
    const tied = { shape: [2], data: [0.5, -1] };
    const { a, b } = automaticGradients({
      inputs: { a: tied, b: tied },
      build: (_, values) => maximum(values.a, values.b),
    });
    expect(b).toEqual([0, 0]);
    expect(a.every((value) => value !== 0)).toBe(true);
  });

  it('names both mismatched operands', () => {
    const { a, b } = declareInputs({ a: { shape: [4] }, b: { shape: [3] } }).values;
    expect(graphErrorOf(() => maximum(a, b))).toBe('maximum: shapes [4] and [3] do not broadcast');
  });
});
