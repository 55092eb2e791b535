import { float16Values } from '../weights/float16';

const BLOCK = 32;
const HALF = BLOCK / 2;

/** Q8_0: an fp16 scale d and 32 signed bytes; x = d·q (ggml-common.h, block_q8_0). */
export function dequantizeQ8_0(blocks: Uint8Array, target: Float32Array): void {
  const fp16 = float16Values();
  let at = 0;
  for (let out = 0; out < target.length; out += BLOCK) {
    const d = fp16[blocks[at] | (blocks[at + 1] << 8)];
    at += 2;
    for (let i = 0; i < BLOCK; i++) target[out + i] = d * ((blocks[at + i] << 24) >> 24);
    at += BLOCK;
  }
}

/** Q4_0: an fp16 scale d and 32 nibbles, the first 16 numbers in the low nibbles; x = d·(q − 8) (block_q4_0). */
export function dequantizeQ4_0(blocks: Uint8Array, target: Float32Array): void {
  const fp16 = float16Values();
  let at = 0;
  for (let out = 0; out < target.length; out += BLOCK) {
    const d = fp16[blocks[at] | (blocks[at + 1] << 8)];
    at += 2;
    for (let i = 0; i < HALF; i++) {
      const q = blocks[at + i];
      target[out + i] = d * ((q & 15) - 8);
      target[out + HALF + i] = d * ((q >> 4) - 8);
    }
    at += HALF;
  }
}

/** Q4_1: fp16 scale d and minimum m, and nibbles as in Q4_0; x = d·q + m (block_q4_1). */
export function dequantizeQ4_1(blocks: Uint8Array, target: Float32Array): void {
  const fp16 = float16Values();
  let at = 0;
  for (let out = 0; out < target.length; out += BLOCK) {
    const d = fp16[blocks[at] | (blocks[at + 1] << 8)];
    const m = fp16[blocks[at + 2] | (blocks[at + 3] << 8)];
    at += 4;
    for (let i = 0; i < HALF; i++) {
      const q = blocks[at + i];
      target[out + i] = d * (q & 15) + m;
      target[out + HALF + i] = d * (q >> 4) + m;
    }
    at += HALF;
  }
}
