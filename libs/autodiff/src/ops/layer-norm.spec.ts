import {
  checkGradient,
  declareInputs,
  expectClose,
  graphErrorOf,
  runGraph,
  testValues,
} from '@open-chatgpt/testing';
import { layerNorm } from './layer-norm';

describe('layerNorm', () => {
  it.each([1e-5, 0.5])('is (x − mean) / √(variance + ε) · weight + bias, ε %f', (epsilon) => {
    const [x, weight, bias] = [testValues(8, 1), testValues(4, 2), testValues(4, 3)];
    const { y } = runGraph((_, values) => ({ y: layerNorm(values.x, values.weight, values.bias, epsilon) }), {
      x: { shape: [2, 4], data: x },
      weight: { shape: [4], data: weight },
      bias: { shape: [4], data: bias },
    });
    const wanted = [x.subarray(0, 4), x.subarray(4)].flatMap((row) => {
      const mean = row.reduce((total, value) => total + value, 0) / 4;
      const variance = row.reduce((total, value) => total + (value - mean) ** 2, 0) / 4;
      return Array.from(
        row,
        (value, i) => ((value - mean) / Math.sqrt(variance + epsilon)) * weight[i] + bias[i],
      );
    });
    expectClose(y, wanted, { rtol: 1e-6, name: 'layerNorm' });
  });

  it('has the gradient of x, weight and bias', () => {
    checkGradient({
      name: 'layerNorm',
      inputs: { x: { shape: [3, 5] }, weight: { shape: [5] }, bias: { shape: [5] } },
      build: (_, { x, weight, bias }) => layerNorm(x, weight, bias, 1e-5),
    });
  });

  it.each([
    [[4], [4], [4]],
    [[2, 4], [3], [4]],
    [[2, 4], [4], [4, 1]],
  ])('names mismatched operands: %j, %j, %j', (x, weight, bias) => {
    const { values } = declareInputs({ x: { shape: x }, weight: { shape: weight }, bias: { shape: bias } });
    const message = graphErrorOf(() => layerNorm(values.x, values.weight, values.bias, 1e-5));
    const shapes = [x, weight, bias].map((shape) => `float32 [${shape.join(', ')}]`).join(' and ');
    expect(message).toBe(`layerNorm: needs x [N, D], weight [D] and bias [D], got ${shapes}`);
  });

  it('takes floats only', () => {
    const { x, w } = declareInputs({ x: { shape: [2, 2] }, w: { shape: [2], dtype: 'int32' } }).values;
    expect(graphErrorOf(() => layerNorm(x, w, w, 1e-5))).toMatch(
      /^layerNorm: needs float32, got float32 \[2, 2\] and/,
    );
  });
});
