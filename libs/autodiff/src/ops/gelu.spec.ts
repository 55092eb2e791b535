import { checkGradient, declareInputs, expectClose, graphErrorOf, runGraph } from '@open-chatgpt/testing';
import { gelu } from './gelu';

describe('gelu', () => {
  it('is x Φ(x)', () => {
    // Φ from tables of the normal distribution (Abramowitz & Stegun, table 26.1).
    const cdf = [
      [-10, 0],
      [-2, 0.0227501319],
      [-1, 0.1586552539],
      [0, 0.5],
      [0.5, 0.6914624613],
      [1, 0.8413447461],
      [3, 0.998650102],
    ];
    const { y } = runGraph((_, { x }) => ({ y: gelu(x) }), {
      x: { shape: [cdf.length], data: cdf.map(([x]) => x) },
    });
    expectClose(
      y,
      cdf.map(([x, phi]) => x * phi),
      { rtol: 1e-6, name: 'gelu' },
    );
  });

  it('has the gradient', () => {
    const data = [-6, -1, -0.75, 0, 0.3, 1.4, 6];
    checkGradient({ name: 'gelu', inputs: { x: { shape: [7], data } }, build: (_, { x }) => gelu(x) });
  });

  it('takes floats only', () => {
    const { x } = declareInputs({ x: { shape: [2], dtype: 'int64' } }).values;
    expect(graphErrorOf(() => gelu(x))).toBe('gelu: needs float32, got int64 [2]');
  });
});
