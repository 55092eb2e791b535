import { checkGradient, declareInputs, expectClose, graphErrorOf, runGraph } from '@open-chatgpt/testing';
import { silu } from './silu';

describe('silu', () => {
  it('is x σ(x)', () => {
    const data = [-110, -5, -1, 0, 0.5, 3, 110];
    const { y } = runGraph((_, { x }) => ({ y: silu(x) }), { x: { shape: [7], data } });
    const wanted = data.map((x) => x / (1 + Math.exp(-x)));
    expectClose(y.slice(0, 6), wanted.slice(0, 6), { rtol: 1e-6, name: 'silu' });
    expect(y[6]).toBe(110);
  });

  it('has the gradient', () => {
    const data = [-5, -1.28, 0, 0.5, 3, 8];
    checkGradient({ name: 'silu', inputs: { x: { shape: [6], data } }, build: (_, { x }) => silu(x) });
  });

  it('takes floats only', () => {
    const { x } = declareInputs({ x: { shape: [2], dtype: 'int32' } }).values;
    expect(graphErrorOf(() => silu(x))).toBe('silu: needs float32, got int32 [2]');
  });
});
