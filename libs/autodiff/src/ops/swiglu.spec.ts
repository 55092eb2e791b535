import {
  checkGradient,
  declareInputs,
  expectClose,
  graphErrorOf,
  runGraph,
  testValues,
} from '@open-chatgpt/testing';
import { swiglu } from './swiglu';

describe('swiglu', () => {
  it('is silu(gate) · up', () => {
    const [gate, up] = [testValues(6, 1).map((value) => 4 * value), testValues(6, 2)];
    const { y } = runGraph((_, values) => ({ y: swiglu(values.gate, values.up) }), {
      gate: { shape: [2, 3], data: gate },
      up: { shape: [2, 3], data: up },
    });
    const wanted = Array.from(gate, (value, i) => (value / (1 + Math.exp(-value))) * up[i]);
    expectClose(y, wanted, { rtol: 1e-6, name: 'swiglu' });
  });

  it.each([
    ['both', true, true],
    ['the gate', true, false],
    ['up', false, true],
  ])('has the gradient of %s', (_, gate, up) => {
    checkGradient({
      name: 'swiglu',
      inputs: { gate: { shape: [2, 3], requiresGrad: gate }, up: { shape: [2, 3], requiresGrad: up } },
      build: (_graph, values) => swiglu(values.gate, values.up),
    });
  });

  it.each([
    [{ shape: [2, 3] }, { shape: [3] }, 'swiglu: gate [2, 3] and up [3] differ'],
    [
      { shape: [2] },
      { shape: [2], dtype: 'int64' as const },
      'swiglu: needs float32, got float32 [2] and int64 [2]',
    ],
  ])('names mismatched operands: %j, %j', (gate, up, message) => {
    const { values } = declareInputs({ gate, up });
    expect(graphErrorOf(() => swiglu(values.gate, values.up))).toBe(message);
  });
});
