import { declareInputs, graphErrorOf, runGraph } from '@open-chatgpt/testing';
import { and, equal, greater, greaterOrEqual } from './compare';

const inputs = { a: { shape: [3], data: [1, 2, 3] }, b: { shape: [], data: [2] } };

describe('comparisons', () => {
  it('return bools, broadcasting', () => {
    const result = runGraph(
      (_, { a, b }) => ({
        greater: greater(a, b),
        greaterOrEqual: greaterOrEqual(a, b),
        equal: equal(a, b),
        between: and(greaterOrEqual(a, b), greaterOrEqual(b, a)),
      }),
      inputs,
    );
    expect(result).toEqual({
      greater: [0, 0, 1],
      greaterOrEqual: [0, 1, 1],
      equal: [0, 1, 0],
      between: [0, 1, 0],
    });
  });

  it('require no gradient', () => {
    const { a, b } = declareInputs(inputs).values;
    expect(greater(a, b)).toMatchObject({ dtype: 'bool', requiresGrad: false });
  });

  it.each([
    ['greater', greater],
    ['greaterOrEqual', greaterOrEqual],
    ['equal', equal],
  ])('%s names mismatched operands', (name, compare) => {
    const { a, wide, ids } = declareInputs({
      a: { shape: [3] },
      wide: { shape: [2] },
      ids: { shape: [3], dtype: 'int64' },
    }).values;
    expect(graphErrorOf(() => compare(a, wide))).toBe(`${name}: shapes [3] and [2] do not broadcast`);
    expect(graphErrorOf(() => compare(a, ids))).toBe(`${name}: dtypes differ: float32 [3] and int64 [3]`);
  });

  it('and takes bools only', () => {
    const { a, b } = declareInputs(inputs).values;
    expect(graphErrorOf(() => and(a, b))).toBe('and: needs bool, got float32 [3] and float32 []');
  });
});
