import { checkGradient, declareInputs, graphErrorOf, runGraph } from '@open-chatgpt/testing';
import { div } from './div';

const away = [1.5, -2, 0.8, 3, -1, 1.2];

describe('div', () => {
  it('divides, broadcasting', () => {
    const { y } = runGraph((_, { a, b }) => ({ y: div(a, b) }), {
      a: { shape: [2, 2], data: [1, 2, 3, 4] },
      b: { shape: [2], data: [2, -4] },
    });
    expect(y).toEqual([0.5, -0.5, 1.5, -1]);
  });

  it.each([
    [
      [2, 3],
      [2, 3],
    ],
    [[2, 3], [3]],
    [[3], [2, 3]],
  ])('has the gradient for shapes %j and %j', (a, b) => {
    const data = away.slice(
      0,
      b.reduce((x, y) => x * y, 1),
    );
    const inputs = { a: { shape: a }, b: { shape: b, data } };
    checkGradient({ name: 'div', inputs, build: (_, values) => div(values.a, values.b) });
  });

  it('names both mismatched operands', () => {
    const { a, b } = declareInputs({ a: { shape: [4] }, b: { shape: [3] } }).values;
    expect(graphErrorOf(() => div(a, b))).toBe('div: shapes [4] and [3] do not broadcast');
  });
});
