import { float16Values } from '../weights/float16';
import type { Unpacked } from './block-type';

const SUPER_BLOCK = 256;
const HALF = SUPER_BLOCK / 2;
const HIGH = 128;
const SCALES = 192;
const D = 208;
const BYTES = 210;

/**
 * Q6_K: 128 bytes of low nibbles, 64 bytes of high bit pairs, 16 signed 8-bit scales and an fp16 d; x =
 * d·scale·(q − 32), one scale for 16 numbers (ggml-common.h, block_q6_K). In each half of 128 numbers, number
 * 32g + i takes its low nibble from byte 32(g mod 2) + i of the half's 64, and its bit pair g from byte i of its 32.
 */
export function unpackQ6K(blocks: Uint8Array, { codes, scales }: Unpacked): void {
  const fp16 = float16Values();
  for (let block = 0, out = 0; out < codes.length; block += BYTES, out += SUPER_BLOCK) {
    const d = fp16[blocks[block + D] | (blocks[block + D + 1] << 8)];
    for (let start = 0; start < SUPER_BLOCK; start += 16) {
      // 11 bits times 8 bits: exact in float32.
      scales[(out + start) / 16] = d * ((blocks[block + SCALES + start / 16] << 24) >> 24);
      const half = start >= HALF ? 1 : 0;
      const group = (start % HALF) >> 5;
      const within = start & 31;
      const low = block + half * 64 + (group & 1) * 32 + within;
      const high = block + HIGH + half * 32 + within;
      const lowShift = (group >> 1) * 4;
      for (let i = 0; i < 16; i++) {
        codes[out + start + i] =
          ((blocks[low + i] >> lowShift) & 15) | (((blocks[high + i] >> (2 * group)) & 3) << 4);
      }
    }
  }
}
