import { checkGradient, declareInputs, graphErrorOf, runGraph } from '@open-chatgpt/testing';
import { add } from './add';

describe('add', () => {
  it.each([
    ['equal shapes', [2, 2], [10, 20, 30, 40], [11, 22, 33, 44]],
    ['a row', [2], [10, 20], [11, 22, 13, 24]],
    ['a column', [2, 1], [10, 20], [11, 12, 23, 24]],
    ['a scalar', [], [10], [11, 12, 13, 14]],
  ])('adds %s', (_, shape, data, wanted) => {
    const { y } = runGraph((_graph, { a, b }) => ({ y: add(a, b) }), {
      a: { shape: [2, 2], data: [1, 2, 3, 4] },
      b: { shape, data },
    });
    expect(y).toEqual(wanted);
  });

  it('adds integers', () => {
    const { y } = runGraph((_, { a, b }) => ({ y: add(a, b) }), {
      a: { shape: [2], dtype: 'int64', data: [1, 2] },
      b: { shape: [1], dtype: 'int64', data: [5] },
    });
    expect(y).toEqual([6, 7]);
  });

  it.each([
    [
      [2, 3],
      [2, 3],
    ],
    [[2, 3], [3]],
    [
      [2, 1],
      [1, 3],
    ],
    [[3], [4, 2, 3]],
    [[2, 3], []],
    [
      [1, 1],
      [2, 3],
    ],
  ])('has the gradient for shapes %j and %j', (a, b) => {
    const inputs = { a: { shape: a }, b: { shape: b } };
    checkGradient({ name: 'add', inputs, build: (_, values) => add(values.a, values.b) });
  });

  it.each([
    [{ shape: [2, 3] }, { shape: [2] }, 'add: shapes [2, 3] and [2] do not broadcast'],
    [
      { shape: [2, 3] },
      { shape: [], dtype: 'int64' as const },
      'add: dtypes differ: float32 [2, 3] and int64 []',
    ],
  ])('names both mismatched operands: %j, %j', (a, b, message) => {
    const { values } = declareInputs({ a, b });
    expect(graphErrorOf(() => add(values.a, values.b))).toBe(message);
  });
});
