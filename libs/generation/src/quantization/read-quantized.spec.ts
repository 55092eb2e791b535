import { join } from 'node:path';
import {
  blockValues,
  elementCount,
  openModel,
  type WeightBlocks,
  type WeightSource,
} from '@open-chatgpt/models';
import { dequantize } from '../testing/dequantize';
import { readQuantized } from './read-quantized';

const ATTENTION = 'model.layers.0.self_attn.';

/** The weights of a model, where a file stores one matrix [32, 32] in blocks. */
function withBlocks(weights: WeightSource, matrix: string, blocks: WeightBlocks): WeightSource {
  return {
    ...weights,
    read: async (name, target) =>
      name === matrix ? blockValues(blocks, target) : weights.read(name, target),
    readBlocks: async (name) => (name === matrix ? blocks : null),
  };
}

/** Codes from 0 to `below` − 1. */
function blocksOf(bits: 4 | 8, below: number, zero: number | null, size: number): WeightBlocks {
  const scales = Float32Array.from({ length: size / 32 }, (_, i) => 0.01 * (1 + i));
  return {
    bits,
    groupSize: 32,
    codes: Uint8Array.from({ length: size }, (_, i) => (i * 7) % below),
    scales,
    minima: zero === null ? scales.map((scale) => -5.5 * scale) : null,
    zero: zero ?? 0,
  };
}

describe('the blocks of a file', () => {
  const o = `${ATTENTION}o_proj.weight`;
  const table = 'model.embed_tokens.weight';

  it.each([
    ['Q8_0', 'int8', o, [8, 256, 128], 8, true],
    ['Q4_1', 'int8', o, [4, 16, null], 4, true],
    ['Q4_1', 'int4', o, [4, 16, null], 4, true],
    ['Q5_0', 'int4', o, [8, 32, 16], 8, true],
    ['Q8_0', 'int4', o, [8, 256, 128], 4, false],
    ['Q8_0', 'int4', `${ATTENTION}v_proj.weight`, [8, 256, 128], 8, true],
    ['Q8_0', 'int4', table, [8, 256, 128], 8, true],
    ['Q4_0', 'int4', table, [4, 16, 8], 8, true],
    ['Q4_1', 'int8', table, [4, 16, null], 8, false],
  ] as const)('%s with %s: %s', async (_, precision, name, [bits, below, zero], kept, exact) => {
    const { config, weights, close } = await openModel(
      join(__dirname, '../../../models/golden/llama-gqa-tied'),
    );
    const size = elementCount(weights.tensors().find((tensor) => tensor.name === name)!.shape);
    const blocks = blocksOf(bits, below, zero, size);
    const { quantized } = await readQuantized(config, withBlocks(weights, name, blocks), precision);
    await close();
    const matrix = quantized.get(name)!;
    expect(matrix.bits).toBe(kept);
    const expected = new Float32Array(size);
    blockValues(blocks, expected);
    const worst = dequantize(matrix).reduce(
      (most, value, i) => Math.max(most, Math.abs(value - expected[i])),
      0,
    );
    expect(worst === 0).toBe(exact);
  });
});
