import { checkGradient, declareInputs, expectClose, graphErrorOf, runGraph } from '@open-chatgpt/testing';
import { tanh } from './tanh';

describe('tanh', () => {
  it('is the hyperbolic tangent', () => {
    const data = [-30, -1, 0, 0.1, 3, 30];
    const { y } = runGraph((_, { x }) => ({ y: tanh(x) }), { x: { shape: [data.length], data } });
    expectClose(y, data.map(Math.tanh), { rtol: 1e-6, name: 'tanh' });
  });

  it('has the gradient', () => {
    const data = [-1, 0, 0.5, 2];
    checkGradient({
      name: 'tanh',
      inputs: { x: { shape: [data.length], data } },
      build: (_, { x }) => tanh(x),
    });
  });

  it('takes floats only', () => {
    const { x } = declareInputs({ x: { shape: [2], dtype: 'int64' } }).values;
    expect(graphErrorOf(() => tanh(x))).toBe('tanh: needs float32, got int64 [2]');
  });
});
