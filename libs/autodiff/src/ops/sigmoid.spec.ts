import { checkGradient, declareInputs, expectClose, graphErrorOf, runGraph } from '@open-chatgpt/testing';
import { sigmoid } from './sigmoid';

describe('sigmoid', () => {
  it('is 1 / (1 + e⁻ˣ)', () => {
    const data = [-110, -20, -1, 0, 0.5, 3, 110];
    const { y } = runGraph((_, { x }) => ({ y: sigmoid(x) }), { x: { shape: [data.length], data } });
    expectClose(
      y,
      data.map((value) => 1 / (1 + Math.exp(-value))),
      { rtol: 1e-6, name: 'sigmoid' },
    );
  });

  it('has the gradient', () => {
    const data = [-3, -1, 0, 2];
    checkGradient({
      name: 'sigmoid',
      inputs: { x: { shape: [data.length], data } },
      build: (_, { x }) => sigmoid(x),
    });
  });

  it('takes floats only', () => {
    const { x } = declareInputs({ x: { shape: [2], dtype: 'int64' } }).values;
    expect(graphErrorOf(() => sigmoid(x))).toBe('sigmoid: needs float32, got int64 [2]');
  });
});
