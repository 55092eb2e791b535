import { Graph } from '@open-chatgpt/autodiff';
import { createRng } from '@open-chatgpt/random';
import { Program } from '@open-chatgpt/runtime';
import { expectClose } from '@open-chatgpt/testing';
import { dequantize } from '../testing/dequantize';
import { type QuantizedBits, quantizeBlocks } from './quantize-blocks';
import { quantizedLinear } from './quantized-linear';

function normal(length: number): Float32Array {
  const rng = createRng(length);
  return Float32Array.from({ length }, () => rng.normal());
}

describe.each<[QuantizedBits, number]>([
  [8, 1 / 254],
  [4, 1 / 8],
])('%d bits', (bits, bound) => {
  it.each([
    [3, 64],
    [5, 40],
    [2, 7],
  ])('keep a [%d, %d] matrix within a step of each block', (outFeatures, inFeatures) => {
    const weight = normal(outFeatures * inFeatures);
    const restored = dequantize(quantizeBlocks(weight, { outFeatures, inFeatures }, bits));
    for (let i = 0; i < weight.length; i++) {
      const start = i - ((i % inFeatures) % 32);
      const end = Math.min(start + 32, i - (i % inFeatures) + inFeatures);
      const largest = Math.max(...weight.subarray(start, end).map(Math.abs));
      expect(Math.abs(restored[i] - weight[i])).toBeLessThanOrEqual(largest * bound * 1.0001);
    }
  });

  it('read [in, out] as the transpose of [out, in]', () => {
    const weight = normal(40 * 6);
    const transposed = weight.map((_, i) => weight[(i % 40) * 6 + Math.floor(i / 40)]);
    const size = { outFeatures: 6, inFeatures: 40 };
    expect(quantizeBlocks(weight, size, bits, true)).toEqual(quantizeBlocks(transposed, size, bits));
  });

  it('keep the largest weight of each block', () => {
    const weight = normal(64);
    const restored = dequantize(quantizeBlocks(weight, { outFeatures: 1, inFeatures: 64 }, bits));
    for (const block of [weight.subarray(0, 32), weight.subarray(32)]) {
      const largest = block.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
      expect(restored[weight.indexOf(largest)]).toBeCloseTo(largest, 5);
    }
  });

  it('keep zeros', () => {
    const matrix = quantizeBlocks(new Float32Array(64), { outFeatures: 1, inFeatures: 64 }, bits);
    expect(dequantize(matrix).every((value) => value === 0)).toBe(true);
  });

  it.each([32, 64, 40])('multiply like the dequantized matrix: %d columns', async (inFeatures) => {
    const size = { outFeatures: 24, inFeatures };
    const matrix = quantizeBlocks(normal(24 * inFeatures), size, bits);
    const graph = new Graph();
    graph.output('y', quantizedLinear(graph, graph.input('x', 'float32', [3, inFeatures]), matrix));
    const program = Program.compile(graph);
    const x = normal(3 * inFeatures);
    program.feed({ x });
    await program.run();
    const weight = dequantize(matrix);
    const expected = Array.from({ length: 3 * 24 }, (_, i) => {
      const [row, out] = [Math.floor(i / 24), i % 24];
      let sum = 0;
      for (let k = 0; k < inFeatures; k++) sum += x[row * inFeatures + k] * weight[out * inFeatures + k];
      return sum;
    });
    // The kernel rounds x to 8 bits, block by block.
    expectClose(program.outputs.y.floats, expected, { rtol: 1e-2, name: 'product' });
  });
});
