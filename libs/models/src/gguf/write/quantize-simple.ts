import { writeHalf } from './half';

const BLOCK = 32;
const HALF = BLOCK / 2;

/**
 * Q8_0: an fp16 scale d = largest magnitude / 127 and 32 signed bytes (ggml-common.h, block_q8_0). Computed in float32 and
 * rounded half away from zero, as llama.cpp does, so the bytes are the same.
 */
export function quantizeQ8_0(source: Float32Array, blocks: Uint8Array): void {
  let at = 0;
  for (let start = 0; start < source.length; start += BLOCK) {
    let largest = 0;
    for (let i = 0; i < BLOCK; i++) largest = Math.max(largest, Math.abs(source[start + i]));
    const d = Math.fround(largest / 127);
    const inverse = d === 0 ? 0 : Math.fround(1 / d);
    writeHalf(d, blocks, at);
    for (let i = 0; i < BLOCK; i++) {
      const scaled = Math.fround(source[start + i] * inverse);
      const magnitude = Math.floor(Math.abs(scaled) + 0.5);
      blocks[at + 2 + i] = scaled < 0 ? -magnitude : magnitude;
    }
    at += 2 + BLOCK;
  }
}

/**
 * Q5_0: an fp16 scale d, 32 fifth bits and 32 nibbles; x = d·(q − 16) (block_q5_0). The number of largest magnitude becomes
 * −16.
 */
export function quantizeQ5_0(source: Float32Array, blocks: Uint8Array): void {
  let at = 0;
  for (let start = 0; start < source.length; start += BLOCK) {
    let extreme = 0;
    for (let i = 0; i < BLOCK; i++)
      if (Math.abs(source[start + i]) > Math.abs(extreme)) extreme = source[start + i];
    const d = extreme === 0 ? 0 : Math.fround(extreme / -16);
    const inverse = d === 0 ? 0 : Math.fround(1 / d);
    writeHalf(d, blocks, at);
    const level = (i: number) => Math.min(31, Math.trunc(source[start + i] * inverse + 16.5));
    const [fifth, nibbles] = [at + 2, at + 6];
    blocks.fill(0, fifth, nibbles);
    for (let i = 0; i < HALF; i++) {
      const [low, high] = [level(i), level(i + HALF)];
      blocks[nibbles + i] = (low & 15) | ((high & 15) << 4);
      blocks[fifth + (i >> 3)] |= (low >> 4) << (i & 7);
      blocks[fifth + 2 + (i >> 3)] |= (high >> 4) << (i & 7);
    }
    at += 6 + HALF;
  }
}
