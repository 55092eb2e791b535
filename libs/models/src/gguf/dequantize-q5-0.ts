import { float16Values } from '../weights/float16';

const BLOCK = 32;
const HALF = BLOCK / 2;

/** Q5_0: an fp16 scale d, 32 fifth bits and 32 nibbles as in Q4_0; x = d·(q − 16) (ggml-common.h, block_q5_0). */
export function dequantizeQ5_0(blocks: Uint8Array, target: Float32Array): void {
  const fp16 = float16Values();
  let at = 0;
  for (let out = 0; out < target.length; out += BLOCK) {
    const d = fp16[blocks[at] | (blocks[at + 1] << 8)];
    const [fifth, nibbles] = [at + 2, at + 6];
    for (let i = 0; i < HALF; i++) {
      const low = (blocks[nibbles + i] & 15) | (((blocks[fifth + (i >> 3)] >> (i & 7)) & 1) << 4);
      const high = (blocks[nibbles + i] >> 4) | (((blocks[fifth + 2 + (i >> 3)] >> (i & 7)) & 1) << 4);
      target[out + i] = d * (low - 16);
      target[out + HALF + i] = d * (high - 16);
    }
    at += 6 + HALF;
  }
}
