import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRng } from '@open-chatgpt/random';
import { GGML_TYPES } from '../types';
import { ENCODINGS, type EncodingName } from './encodings';

interface Golden {
  cases: { type: EncodingName; values: number[]; blocks: string }[];
}
const golden: Golden = JSON.parse(readFileSync(join(__dirname, '../golden/quantization.json'), 'utf8'));

function encode(type: EncodingName, values: Float32Array): Uint8Array {
  const { blockSize, blockBytes, encode: write } = ENCODINGS[type];
  const blocks = new Uint8Array((values.length / blockSize) * blockBytes);
  write(values, blocks);
  return blocks;
}

/** By the decoders, which golden files of the gguf package check. */
function roundTrip(type: EncodingName, values: Float32Array): Float32Array {
  const restored = new Float32Array(values.length);
  [...GGML_TYPES.values()].find(({ name }) => name === type)!.decode(encode(type, values), restored);
  return restored;
}

const relativeError = (values: Float32Array, restored: Float32Array): number => {
  const squares = (numbers: Iterable<number>) => [...numbers].reduce((sum, x) => sum + x * x, 0);
  return Math.sqrt(squares(values.map((x, i) => x - restored[i])) / squares(values));
};

const normal = (length: number, scale = 1): Float32Array => {
  const rng = createRng(length);
  return Float32Array.from({ length }, () => scale * rng.normal());
};

describe('quantization', () => {
  it.each(golden.cases)('gives the bytes of the gguf package: $type', ({ type, values, blocks }) => {
    expect(Buffer.from(encode(type, Float32Array.from(values))).toString('base64')).toBe(blocks);
  });

  // Errors of llama.cpp's quantizers on normally distributed numbers are the same to a tenth.
  it.each<[EncodingName, number]>([
    ['Q8_0', 0.007],
    ['Q6_K', 0.021],
    ['Q5_0', 0.05],
    ['Q4_K', 0.085],
    ['Q4_1', 0.085],
    ['F16', 0.0003],
    ['BF16', 0.003],
  ])('%s keeps normally distributed weights to %d of their size', (type, bound) => {
    for (const scale of [1, 1e-3, 30]) {
      const values = normal(256 * 16, scale);
      const error = relativeError(values, roundTrip(type, values));
      expect(error).toBeLessThan(bound);
      expect(error).toBeGreaterThan(bound / 3);
    }
  });

  it.each<EncodingName>(['Q8_0', 'Q6_K', 'Q5_0', 'Q4_K', 'Q4_1'])(
    '%s keeps zeros, and a block of one value',
    (type) => {
      expect(roundTrip(type, new Float32Array(512)).every((value) => value === 0)).toBe(true);
      for (const value of [0.25, -0.25]) {
        const restored = roundTrip(type, new Float32Array(256).fill(value));
        for (const one of restored) expect(Math.abs(one - value)).toBeLessThan(0.006);
      }
    },
  );

  it('Q4_K uses the range of weights that are all positive, or all negative', () => {
    const positive = normal(256).map((x) => Math.abs(x) + 3);
    for (const values of [positive, positive.map((x) => -x)])
      expect(relativeError(values, roundTrip('Q4_K', values))).toBeLessThan(0.09);
  });
});
