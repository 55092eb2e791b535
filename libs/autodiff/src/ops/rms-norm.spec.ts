import {
  checkGradient,
  declareInputs,
  expectClose,
  graphErrorOf,
  runGraph,
  testValues,
} from '@open-chatgpt/testing';
import { rmsNorm } from './rms-norm';

describe('rmsNorm', () => {
  it.each([1e-6, 0.5])('is x / √(mean x² + ε) · weight, ε %f', (epsilon) => {
    const [x, weight] = [testValues(8, 1), testValues(4, 2)];
    const { y } = runGraph((_, values) => ({ y: rmsNorm(values.x, values.weight, epsilon) }), {
      x: { shape: [2, 4], data: x },
      weight: { shape: [4], data: weight },
    });
    const wanted = [x.subarray(0, 4), x.subarray(4)].flatMap((row) => {
      const rms = Math.sqrt(row.reduce((total, value) => total + value * value, 0) / 4 + epsilon);
      return Array.from(row, (value, i) => (value / rms) * weight[i]);
    });
    expectClose(y, wanted, { rtol: 1e-6, name: 'rmsNorm' });
  });

  it.each([
    ['all', true, true],
    ['x alone', true, false],
    ['the weight alone', false, true],
  ])('has the gradient of %s', (_, x, weight) => {
    checkGradient({
      name: 'rmsNorm',
      inputs: { x: { shape: [3, 5], requiresGrad: x }, weight: { shape: [5], requiresGrad: weight } },
      build: (_graph, values) => rmsNorm(values.x, values.weight, 1e-5),
    });
  });

  it.each([
    [{ shape: [2, 4] }, { shape: [3] }, 'needs x [N, D] and weight [D], got float32 [2, 4] and float32 [3]'],
    [{ shape: [4] }, { shape: [4] }, 'needs x [N, D] and weight [D], got float32 [4] and float32 [4]'],
    [
      { shape: [2, 4] },
      { shape: [4], dtype: 'int64' as const },
      'needs float32, got float32 [2, 4] and int64 [4]',
    ],
  ])('names mismatched operands: %j, %j', (x, weight, message) => {
    const { values } = declareInputs({ x, weight });
    expect(graphErrorOf(() => rmsNorm(values.x, values.weight, 1e-6))).toBe(`rmsNorm: ${message}`);
  });
});
