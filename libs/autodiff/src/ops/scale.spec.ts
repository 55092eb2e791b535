import { checkGradient, declareInputs, graphErrorOf, runGraph } from '@open-chatgpt/testing';
import { scale } from './scale';

describe('scale', () => {
  it('multiplies by a number', () => {
    const { y } = runGraph((_, { x }) => ({ y: scale(x, -2) }), { x: { shape: [2], data: [1, -3] } });
    expect(y).toEqual([-2, 6]);
  });

  it('has the gradient', () => {
    checkGradient({ name: 'scale', inputs: { x: { shape: [3] } }, build: (_, { x }) => scale(x, -2.5) });
  });

  it('by 1 is the value itself', () => {
    const { x } = declareInputs({ x: { shape: [3] } }).values;
    expect(scale(x, 1)).toBe(x);
  });

  it('takes floats only', () => {
    const { x } = declareInputs({ x: { shape: [3], dtype: 'int64' } }).values;
    expect(graphErrorOf(() => scale(x, 2))).toBe('mul: dtypes differ: int64 [3] and float32 []');
  });
});
