import { uint32View } from './bits';

/** bf16 bits → fp32: bf16 is the upper half of an fp32 number. */
export function bfloat16ToFloat32(source: Uint16Array, target: Float32Array): void {
  const bits = uint32View(target);
  for (let i = 0; i < source.length; i++) bits[i] = source[i] << 16;
}

/** fp32 → bf16 bits, rounded to nearest even; NaN stays NaN, overflow becomes infinity. */
export function float32ToBfloat16(source: Float32Array, target: Uint16Array): void {
  const bits = uint32View(source);
  for (let i = 0; i < source.length; i++) {
    const u = bits[i];
    const notANumber = (u & 0x7fffffff) > 0x7f800000;
    target[i] = notANumber ? (u >>> 16) | 0x40 : (u + 0x7fff + ((u >>> 16) & 1)) >>> 16;
  }
}
