import { declareInputs, runGraph } from '@open-chatgpt/testing';
import { cast } from './cast';

describe('cast', () => {
  it('changes the dtype', () => {
    const result = runGraph(
      (_, { x, ids }) => ({
        truncated: cast(x, 'int64'),
        float: cast(ids, 'float32'),
        bool: cast(x, 'bool'),
      }),
      { x: { shape: [3], data: [1.7, -1.7, 0] }, ids: { shape: [1], dtype: 'int64', data: [7] } },
    );
    expect(result).toEqual({ truncated: [1, -1, 0], float: [7], bool: [1, 1, 0] });
  });

  it('has no gradient, and returns the value itself when the dtype is the same', () => {
    const { x } = declareInputs({ x: { shape: [3] } }).values;
    expect(cast(x, 'int64').requiresGrad).toBe(false);
    expect(cast(x, 'float32')).toBe(x);
  });
});
