import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GGML_TYPES } from './types';

interface Golden {
  cases: { type: string; blocks: string; values: number[][] | number[] }[];
}
const golden: Golden = JSON.parse(readFileSync(join(__dirname, 'golden', 'dequantization.json'), 'utf8'));

const typeNamed = (name: string) => [...GGML_TYPES.values()].find((type) => type.name === name)!;

function decode(name: string, blocks: Uint8Array): number[] {
  const { blockSize, blockBytes, decode } = typeNamed(name);
  const target = new Float32Array((blocks.length / blockBytes) * blockSize);
  decode(blocks, target);
  return [...target];
}

/** 1.0, 2.0 and −0.5 as fp16, little-endian. */
const ONE = [0x00, 0x3c];
const TWO = [0x00, 0x40];
const MINUS_HALF = [0x00, 0xb8];

describe('dequantization', () => {
  it.each(golden.cases)('equals the gguf package bit for bit: $type', ({ type, blocks, values }) => {
    expect(decode(type, Buffer.from(blocks, 'base64'))).toEqual(values.flat());
  });

  it('works on bytes at an odd offset', () => {
    for (const { type, blocks, values } of golden.cases) {
      const shifted = Buffer.concat([Buffer.alloc(1), Buffer.from(blocks, 'base64')]).subarray(1);
      expect(decode(type, shifted)).toEqual(values.flat());
    }
    const half = Buffer.from([9, ...ONE, ...MINUS_HALF]).subarray(1);
    expect(decode('F16', half)).toEqual([1, -0.5]);
  });

  // Computed by hand from the block layouts in ggml-common.h.
  it('Q8_0 is d·q with signed bytes', () => {
    expect(decode('Q8_0', Uint8Array.of(...TWO, 255, 127, 128, ...Array(29).fill(0))).slice(0, 4)).toEqual([
      -2, 254, -256, 0,
    ]);
  });

  it('Q4_0 is d·(q − 8), low nibbles first', () => {
    const values = decode('Q4_0', Uint8Array.of(...TWO, 0x9f, ...Array(15).fill(0x88)));
    expect([values[0], values[1], values[16], values[17]]).toEqual([14, 0, 2, 0]);
  });

  it('Q4_1 is d·q + m', () => {
    const values = decode('Q4_1', Uint8Array.of(...TWO, ...MINUS_HALF, 0x9f, ...Array(15).fill(0)));
    expect([values[0], values[1], values[16], values[17]]).toEqual([29.5, -0.5, 17.5, -0.5]);
  });

  it('Q4_K reads scales and minima 4–7 from split bits', () => {
    // scale 0 = 1, minimum 0 = 2; scale 4 = 0b110011 = 51, minimum 4 = 0b100101 = 37
    const scales = [0b11_000001, 0, 0, 0, 0b10_000010, 0, 0, 0, 0b0101_0011, 0, 0, 0];
    const values = decode('Q4_K', Uint8Array.of(...ONE, ...TWO, ...scales, ...Array(128).fill(0x53)));
    expect([values[0], values[128], values[64]]).toEqual([3 * 1 - 2 * 2, 3 * 51 - 2 * 37, 0]);
  });

  it('Q6_K joins four low and two high bits', () => {
    const low = Array(128).fill(0x21);
    const high = Array(64).fill(0b11_10_01_00);
    const scales = Array(16).fill(1);
    const values = decode('Q6_K', Uint8Array.of(...low, ...high, ...scales, ...ONE));
    expect([values[0], values[32], values[64], values[96]]).toEqual([1 - 32, 17 - 32, 34 - 32, 50 - 32]);
  });
});
