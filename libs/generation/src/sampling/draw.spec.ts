import { argMax, draw, massOf } from './draw';

describe('draw', () => {
  it.each([
    [0, 0],
    [0.199, 0],
    [0.2, 2],
    [0.699, 2],
    [0.7, 3],
    [0.999, 3],
  ])('inverts the cumulative distribution: %d → token %d', (uniform, token) => {
    expect(draw([0.2, 0, 0.5, 0.3], uniform)).toBe(token);
  });

  it('accepts weights of any mass', () => {
    const weights = [2, 0, 6];
    expect(massOf(weights)).toBe(8);
    expect([0, 0.24, 0.26, 0.99].map((uniform) => draw(weights, uniform, 8))).toEqual([0, 0, 2, 2]);
  });

  it('assigns the rounding error to the last token with a positive weight', () => {
    expect(draw([0.5, 0.4999, 0], 0.99995)).toBe(1);
  });

  it.each([
    ['NaN', [0.5, Number.NaN, 0.5]],
    ['nothing', [0, 0]],
  ])('returns −1 for %s', (_, weights) => {
    expect(draw(weights, 0.9)).toBe(-1);
  });
});

describe('argMax', () => {
  it('is the first of the largest', () => {
    expect(argMax([0.1, 0.4, 0.4, 0.1])).toBe(1);
  });

  it.each([[[Number.NaN, 1]], [[1, Number.NaN]]])('returns −1 for NaN', (weights) => {
    expect(argMax(weights)).toBe(-1);
  });
});
