import { float16Values } from '../weights/float16';
import type { Unpacked } from './block-type';

const BLOCK = 32;
const HALF = BLOCK / 2;

/** Q5_0: an fp16 scale d, 32 fifth bits and 32 nibbles as in Q4_0; x = d·(q − 16) (ggml-common.h, block_q5_0). */
export function unpackQ5_0(blocks: Uint8Array, { codes, scales }: Unpacked): void {
  const fp16 = float16Values();
  let at = 0;
  for (let out = 0; out < codes.length; out += BLOCK) {
    scales[out / BLOCK] = fp16[blocks[at] | (blocks[at + 1] << 8)];
    const [fifth, nibbles] = [at + 2, at + 6];
    for (let i = 0; i < HALF; i++) {
      codes[out + i] = (blocks[nibbles + i] & 15) | (((blocks[fifth + (i >> 3)] >> (i & 7)) & 1) << 4);
      codes[out + HALF + i] =
        (blocks[nibbles + i] >> 4) | (((blocks[fifth + 2 + (i >> 3)] >> (i & 7)) & 1) << 4);
    }
    at += 6 + HALF;
  }
}
