import { expectClose, relativeError } from './expect-close';

describe('relativeError', () => {
  it('is measured against the largest expected element', () => {
    expect(relativeError([1, -8.4], [1.2, -8])).toEqual({ error: expect.closeTo(0.05, 12), index: 1 });
    expect(relativeError([1], [2], 10)).toEqual({ error: 0.1, index: 0 });
  });

  it.each([
    ['equal zeros are equal', [0, 0], [0, 0], 0],
    ['anything is infinitely far from zeros', [0, 1e-9], [0, 0], Number.POSITIVE_INFINITY],
    ['NaN is never near', [1, Number.NaN], [1, 2], Number.NaN],
    ['an infinity is never near', [Number.POSITIVE_INFINITY], [1], Number.POSITIVE_INFINITY],
    ['equal infinities do not pass', [Number.POSITIVE_INFINITY], [Number.POSITIVE_INFINITY], Number.NaN],
  ])('%s', (_, actual, expected, error) => {
    expect(relativeError(actual, expected).error).toBe(error);
  });
});

describe('expectClose', () => {
  it('is silent within the tolerance', () => {
    expectClose(new Float32Array([1, 2.0001]), [1, 2], { rtol: 1e-4, name: 'x' });
    expectClose([1e-9], [0], { rtol: 1e-6, name: 'x', scale: 1 });
  });

  it.each([
    [
      'a value off',
      [1, 2, 3.5, 4],
      [1, 2, 3, 4],
      /^grad\.w: relative error 1\.25e-1 > 0\.0001 at element 2 of 4: got 3\.5, expected 3 \(… /,
    ],
    ['a length off', [1], [1, 2], /^grad\.w: 1 elements, expected 2$/],
    ['NaN', [Number.NaN], [1], /relative error NaN/],
  ])('names %s', (_, actual, expected, message) => {
    expect(() => expectClose(actual, expected, { rtol: 1e-4, name: 'grad.w' })).toThrow(message);
  });
});
