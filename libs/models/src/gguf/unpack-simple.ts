import { float16Values } from '../weights/float16';
import type { Unpacked } from './block-type';

const BLOCK = 32;
const HALF = BLOCK / 2;

/** Q8_0: an fp16 scale d and 32 signed bytes; x = d·q (ggml-common.h, block_q8_0). */
export function unpackQ8_0(blocks: Uint8Array, { codes, scales }: Unpacked): void {
  const fp16 = float16Values();
  let at = 0;
  for (let group = 0; group < scales.length; group++) {
    scales[group] = fp16[blocks[at] | (blocks[at + 1] << 8)];
    at += 2;
    for (let i = 0; i < BLOCK; i++) codes[group * BLOCK + i] = blocks[at + i] ^ 128;
    at += BLOCK;
  }
}

/** Q4_0: an fp16 scale d and 32 nibbles, the first 16 numbers in the low nibbles; x = d·(q − 8) (block_q4_0). */
export function unpackQ4_0(blocks: Uint8Array, { codes, scales }: Unpacked): void {
  const fp16 = float16Values();
  let at = 0;
  for (let group = 0; group < scales.length; group++) {
    scales[group] = fp16[blocks[at] | (blocks[at + 1] << 8)];
    at += 2;
    unpackHalves(blocks, at, codes, group * BLOCK);
    at += HALF;
  }
}

/** Q4_1: fp16 scale d and minimum m, and nibbles as in Q4_0; x = d·q + m (block_q4_1). */
export function unpackQ4_1(blocks: Uint8Array, { codes, scales, minima }: Unpacked): void {
  const fp16 = float16Values();
  let at = 0;
  for (let group = 0; group < scales.length; group++) {
    scales[group] = fp16[blocks[at] | (blocks[at + 1] << 8)];
    minima[group] = fp16[blocks[at + 2] | (blocks[at + 3] << 8)];
    at += 4;
    unpackHalves(blocks, at, codes, group * BLOCK);
    at += HALF;
  }
}

function unpackHalves(blocks: Uint8Array, at: number, codes: Uint8Array, start: number): void {
  for (let i = 0; i < HALF; i++) {
    codes[start + i] = blocks[at + i] & 15;
    codes[start + HALF + i] = blocks[at + i] >> 4;
  }
}
