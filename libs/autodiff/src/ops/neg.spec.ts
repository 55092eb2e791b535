import { checkGradient, declareInputs, expectClose, graphErrorOf, runGraph } from '@open-chatgpt/testing';
import { neg } from './neg';

describe('neg', () => {
  it('is −x', () => {
    const data = [-2, 0.5, 3];
    const { y } = runGraph((_, { x }) => ({ y: neg(x) }), { x: { shape: [data.length], data } });
    expectClose(
      y,
      data.map((value) => -value),
      { rtol: 1e-6, name: 'neg' },
    );
  });

  it('has the gradient', () => {
    const data = [-2, 0.5, 3];
    checkGradient({
      name: 'neg',
      inputs: { x: { shape: [data.length], data } },
      build: (_, { x }) => neg(x),
    });
  });

  it('takes floats only', () => {
    const { x } = declareInputs({ x: { shape: [2], dtype: 'int64' } }).values;
    expect(graphErrorOf(() => neg(x))).toBe('neg: needs float32, got int64 [2]');
  });
});
