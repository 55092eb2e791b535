import { float16Values } from '../weights/float16';
import type { Unpacked } from './block-type';

const SUPER_BLOCK = 256;
const SUB_BLOCK = 32;
const SCALES = 4;
const QUANTS = 16;
const BYTES = 144;

/**
 * Q4_K: fp16 d and dmin, eight pairs of 6-bit scale and minimum packed into 12 bytes, and 256 nibbles;
 * x = d·scale·q − dmin·min in each sub-block of 32 (ggml-common.h, block_q4_K). Each run of 32 bytes holds two
 * sub-blocks: the first in the low nibbles, the second in the high ones.
 */
export function unpackQ4K(blocks: Uint8Array, { codes, scales, minima }: Unpacked): void {
  const fp16 = float16Values();
  for (let block = 0, out = 0; out < codes.length; block += BYTES, out += SUPER_BLOCK) {
    const d = fp16[blocks[block] | (blocks[block + 1] << 8)];
    const dmin = fp16[blocks[block + 2] | (blocks[block + 3] << 8)];
    for (let sub = 0; sub < SUPER_BLOCK / SUB_BLOCK; sub++) {
      const start = out + sub * SUB_BLOCK;
      // 11 bits times 6 bits: exact in float32.
      scales[start / SUB_BLOCK] = d * scaleOf(blocks, block + SCALES, sub);
      minima[start / SUB_BLOCK] = -dmin * minimumOf(blocks, block + SCALES, sub);
      const quants = block + QUANTS + (sub >> 1) * SUB_BLOCK;
      const shift = (sub & 1) * 4;
      for (let i = 0; i < SUB_BLOCK; i++) codes[start + i] = (blocks[quants + i] >> shift) & 15;
    }
  }
}

// The 12 bytes: 0–3 hold scales 0–3, 4–7 minima 0–3 (six bits each); their upper two bits, with the nibbles of
// bytes 8–11, make scales (low nibble) and minima (high nibble) 4–7.
function scaleOf(bytes: Uint8Array, at: number, sub: number): number {
  if (sub < 4) return bytes[at + sub] & 63;
  return (bytes[at + 4 + sub] & 15) | ((bytes[at + sub - 4] >> 6) << 4);
}

function minimumOf(bytes: Uint8Array, at: number, sub: number): number {
  if (sub < 4) return bytes[at + 4 + sub] & 63;
  return (bytes[at + 4 + sub] >> 4) | ((bytes[at + sub] >> 6) << 4);
}
