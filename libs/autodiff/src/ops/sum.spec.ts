import { checkGradient, declareInputs, graphErrorOf, runGraph } from '@open-chatgpt/testing';
import { sum } from './sum';

const x = { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] };

describe('sum', () => {
  it('sums all axes, some or none', () => {
    const result = runGraph(
      (_, v) => ({ all: sum(v.x), rows: sum(v.x, [-1]), columns: sum(v.x, [0], true), none: sum(v.x, []) }),
      { x },
    );
    expect(result).toEqual({ all: [21], rows: [6, 15], columns: [5, 7, 9], none: x.data.slice() });
  });

  it('has its declared shape', () => {
    const { values } = declareInputs({ x });
    expect(sum(values.x).shape).toEqual([]);
    expect(sum(values.x, [0]).shape).toEqual([3]);
    expect(sum(values.x, [0, 1], true).shape).toEqual([1, 1]);
  });

  it.each([
    [undefined, false],
    [[0], false],
    [[1, -3], true],
    [[], false],
  ])('has the gradient over axes %j, keeping them: %s', (axes, keepDims) => {
    checkGradient({
      name: 'sum',
      inputs: { x: { shape: [2, 3, 2] } },
      build: (_, v) => sum(v.x, axes, keepDims),
    });
  });

  it('names the mismatch', () => {
    const { values } = declareInputs({ x, ids: { shape: [2], dtype: 'int64' } });
    expect(graphErrorOf(() => sum(values.x, [2]))).toBe('sum: axis 2 is outside a tensor of rank 2');
    expect(graphErrorOf(() => sum(values.ids))).toBe('sum: needs float32, got int64 [2]');
  });
});
