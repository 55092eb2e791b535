import { checkGradient, declareInputs, expectClose, graphErrorOf, runGraph } from '@open-chatgpt/testing';
import { exp } from './exp';

describe('exp', () => {
  it('is eˣ', () => {
    const data = [-20, -1, 0, 0.5, 3];
    const { y } = runGraph((_, { x }) => ({ y: exp(x) }), { x: { shape: [data.length], data } });
    expectClose(y, data.map(Math.exp), { rtol: 1e-6, name: 'exp' });
  });

  it('has the gradient', () => {
    const data = [-1, 0, 0.5, 2];
    checkGradient({
      name: 'exp',
      inputs: { x: { shape: [data.length], data } },
      build: (_, { x }) => exp(x),
    });
  });

  it('takes floats only', () => {
    const { x } = declareInputs({ x: { shape: [2], dtype: 'int64' } }).values;
    expect(graphErrorOf(() => exp(x))).toBe('exp: needs float32, got int64 [2]');
  });
});
