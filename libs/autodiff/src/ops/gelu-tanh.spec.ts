import { checkGradient, declareInputs, expectClose, graphErrorOf, runGraph } from '@open-chatgpt/testing';
import { geluTanh } from './gelu-tanh';

describe('geluTanh', () => {
  it('is ½x(1 + tanh(√(2/π)(x + 0.044715x³)))', () => {
    const data = [-10, -2, -0.5, 0, 0.1, 1, 4];
    const { y } = runGraph((_, { x }) => ({ y: geluTanh(x) }), { x: { shape: [7], data } });
    const wanted = data.map(
      (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
    );
    expectClose(y, wanted, { rtol: 1e-6, name: 'geluTanh' });
  });

  it('has the gradient', () => {
    const data = [-4, -1, -0.75, 0, 0.3, 1.4, 4];
    checkGradient({
      name: 'geluTanh',
      inputs: { x: { shape: [7], data } },
      build: (_, { x }) => geluTanh(x),
    });
  });

  it('takes floats only', () => {
    const { x } = declareInputs({ x: { shape: [2], dtype: 'int64' } }).values;
    expect(graphErrorOf(() => geluTanh(x))).toBe('geluTanh: needs float32, got int64 [2]');
  });
});
