import { Graph } from '@open-chatgpt/autodiff';
import { blockValues } from '@open-chatgpt/models';
import { createRng } from '@open-chatgpt/random';
import { Program } from '@open-chatgpt/runtime';
import { expectClose } from '@open-chatgpt/testing';
import { dequantize } from '../testing/dequantize';
import { quantizeBlocks } from './quantize-blocks';
import { quantizedLinear, quantizedRows } from './quantized-linear';
import { matrixOfBlocks, type QuantizedBits } from './quantized-matrix';

/** Weights that share a scale. */
const BLOCK = 32;

function normal(length: number): Float32Array {
  const rng = createRng(length);
  return Float32Array.from({ length }, () => rng.normal());
}

/** The part of a row that shares a scale with element `i`. */
function groupOf(weight: Float32Array, i: number, inFeatures: number): Float32Array {
  const [column, size] = [i % inFeatures, BLOCK];
  const start = i - (column % size);
  return weight.subarray(start, Math.min(start + size, i - column + inFeatures));
}

function squaredError(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0);
}

describe.each<[QuantizedBits]>([[8], [4]])('%d bits', (bits) => {
  it.each([
    [3, 64],
    [5, 40],
    [2, 7],
  ])('keep a [%d, %d] matrix within a step of each group', (outFeatures, inFeatures) => {
    const weight = normal(outFeatures * inFeatures);
    const restored = dequantize(quantizeBlocks(weight, { outFeatures, inFeatures }, bits));
    for (let i = 0; i < weight.length; i++) {
      const group = groupOf(weight, i, inFeatures);
      const range = Math.max(...group) - Math.min(...group);
      const bound = bits === 8 ? Math.max(...group.map(Math.abs)) / 254 : (range * 3.2) / 15;
      // A scale in fp16 has 11 bits, which 127 of them multiply.
      expect(Math.abs(restored[i] - weight[i])).toBeLessThanOrEqual(bound * 1.13);
    }
  });

  it('read [in, out] as the transpose of [out, in]', () => {
    const weight = normal(40 * 6);
    const transposed = weight.map((_, i) => weight[(i % 40) * 6 + Math.floor(i / 40)]);
    const size = { outFeatures: 6, inFeatures: 40 };
    expect(quantizeBlocks(weight, size, bits, true)).toEqual(quantizeBlocks(transposed, size, bits));
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
    // The kernel rounds x to 8 bits, group by group.
    expectClose(program.outputs.y.floats, expected, { rtol: 1e-2, name: 'product' });
  });
});

describe('4 bits', () => {
  it('have three quarters of the squared error of the nearest of 16 values around 0', () => {
    const size = { outFeatures: 16, inFeatures: 64 };
    const weight = normal(16 * 64);
    const nearest = weight.map((value, i) => {
      const group = groupOf(weight, i, 64);
      const extreme = group.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
      return Math.min(Math.round((value / extreme) * -8), 7) * (-extreme / 8);
    });
    const error = squaredError(dequantize(quantizeBlocks(weight, size, 4)), weight);
    expect(error / squaredError(nearest, weight)).toBeLessThan(0.75);
  });

  it('keep a group of equal weights', () => {
    const weight = new Float32Array(32).fill(0.25);
    expect(dequantize(quantizeBlocks(weight, { outFeatures: 1, inFeatures: 32 }, 4))).toEqual(weight);
  });
});

it('products with float32 activations have no other error than that of the weights', async () => {
  const size = { outFeatures: 8, inFeatures: 64 };
  const matrix = quantizeBlocks(normal(8 * 64), size, 4);
  const x = normal(3 * 64);
  const graph = new Graph();
  const input = graph.input('x', 'float32', [3, 64]);
  graph.output('y', quantizedLinear(graph, input, matrix, 'float32'));
  const program = Program.compile(graph);
  program.feed({ x });
  await program.run();
  const weight = dequantize(matrix);
  const expected = Array.from({ length: 3 * 8 }, (_, i) => {
    const [row, out] = [Math.floor(i / 8), i % 8];
    return x
      .subarray(row * 64, (row + 1) * 64)
      .reduce((sum, value, k) => sum + value * weight[out * 64 + k], 0);
  });
  expectClose(program.outputs.y.floats, expected, { rtol: 1e-5, name: 'product' });
});

describe('the blocks of a file', () => {
  const size = { outFeatures: 2, inFeatures: 32 };
  const codes = (below: number) => Uint8Array.from({ length: 64 }, (_, i) => (i * 7) % below);
  const scales = Float32Array.of(0.5, 0.25);

  it.each([
    ['Q8_0', 8, 256, 128],
    ['Q5_0', 8, 32, 16],
    ['Q4_0', 4, 16, 8],
  ] as const)('become the same numbers: %s', (_, bits, below, zero) => {
    const blocks = { bits, groupSize: 32, codes: codes(below), scales, minima: null, zero };
    const expected = new Float32Array(64);
    blockValues(blocks, expected);
    expect(dequantize(matrixOfBlocks(blocks, size))).toEqual(expected);
    expect(dequantize(matrixOfBlocks(blocks, size, 8))).toEqual(expected);
  });

  it('become the same numbers with minima', () => {
    const minima = Float32Array.of(-3, 1.5);
    const blocks = { bits: 4 as const, groupSize: 32, codes: codes(16), scales, minima, zero: 0 };
    const expected = new Float32Array(64);
    blockValues(blocks, expected);
    expect(dequantize(matrixOfBlocks(blocks, size))).toEqual(expected);
  });

  it('need whole groups', () => {
    const blocks = { bits: 8 as const, groupSize: 32, codes: codes(256), scales, minima: null, zero: 128 };
    expect(() => matrixOfBlocks(blocks, { outFeatures: 1, inFeatures: 80 })).toThrow(
      'rows of 64 weights in groups of 32',
    );
  });
});

it('values beyond the range of fp16 are an error that names the weight', () => {
  const weight = new Float32Array(32).fill(1e8);
  expect(() => quantizeBlocks(weight, { outFeatures: 1, inFeatures: 32 }, 4, false, 'lm_head')).toThrow(
    'lm_head: has values too large for the fp16 scales of blocks; use float32 weights',
  );
});

it.each([32, 40])('rows of a quantized table are its dequantized ones: %d columns', async (inFeatures) => {
  const matrix = quantizeBlocks(normal(5 * inFeatures), { outFeatures: 5, inFeatures }, 8);
  const graph = new Graph();
  graph.output('rows', quantizedRows(graph, graph.input('ids', 'int64', [2]), matrix));
  const program = Program.compile(graph);
  program.feed({ ids: BigInt64Array.of(4n, 1n) });
  await program.run();
  const weight = dequantize(matrix);
  const expected = [4, 1].flatMap((row) => [...weight.subarray(row * inFeatures, (row + 1) * inFeatures)]);
  expectClose(program.outputs.rows.floats, expected, { rtol: 1e-6, name: 'rows' });
});
