import { float16Values, float32ToFloat16 } from '../../weights/float16';

const scratch = new Float32Array(1);
const bits = new Uint16Array(1);

/** Writes a number as fp16, little-endian. @returns the number that was written */
export function writeHalf(value: number, target: Uint8Array, at: number): number {
  scratch[0] = value;
  float32ToFloat16(scratch, bits);
  target[at] = bits[0] & 255;
  target[at + 1] = bits[0] >> 8;
  return float16Values()[bits[0]];
}
