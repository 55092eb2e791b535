import { checkGradient, declareInputs, expectClose, graphErrorOf, runGraph } from '@open-chatgpt/testing';
import { log } from './log';

describe('log', () => {
  it('is the natural logarithm', () => {
    const data = [1e-30, 0.5, 1, 3, 1e30];
    const { y } = runGraph((_, { x }) => ({ y: log(x) }), { x: { shape: [data.length], data } });
    expectClose(y, data.map(Math.log), { rtol: 1e-6, name: 'log' });
  });

  it('has the gradient', () => {
    const data = [0.5, 1, 2, 7];
    checkGradient({
      name: 'log',
      inputs: { x: { shape: [data.length], data } },
      build: (_, { x }) => log(x),
    });
  });

  it('takes floats only', () => {
    const { x } = declareInputs({ x: { shape: [2], dtype: 'int64' } }).values;
    expect(graphErrorOf(() => log(x))).toBe('log: needs float32, got int64 [2]');
  });
});
