import { uint32View } from './bits';

/** fp32 bits of each of the 65,536 fp16 numbers; built on first use. */
let table: Uint32Array | undefined;

function float32Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (mantissa << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (mantissa << 13);
  if (mantissa === 0) return sign;
  const shift = Math.clz32(mantissa) - 21; // brings the leading bit of a subnormal to position 10
  return sign | ((113 - shift) << 23) | (((mantissa << shift) & 0x3ff) << 13);
}

function float16Table(): Uint32Array {
  table ??= Uint32Array.from({ length: 65536 }, (_, half) => float32Bits(half));
  return table;
}

/** fp16 bits → fp32, exactly. */
export function float16ToFloat32(source: Uint16Array, target: Float32Array): void {
  const bits = uint32View(target);
  const lookup = float16Table();
  for (let i = 0; i < source.length; i++) bits[i] = lookup[source[i]];
}

/** All fp16 numbers as fp32, indexed by their bits. */
export function float16Values(): Float32Array {
  return new Float32Array(float16Table().buffer);
}

/** fp32 → fp16 bits, rounded to nearest even, with subnormals; NaN stays NaN, 65,520 and more becomes infinity. */
export function float32ToFloat16(source: Float32Array, target: Uint16Array): void {
  const bits = uint32View(source);
  for (let i = 0; i < source.length; i++) target[i] = float16Bits(bits[i]);
}

function float16Bits(u: number): number {
  const sign = (u >>> 16) & 0x8000;
  const magnitude = u & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude >>> 13) & 0x3ff);
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) {
    const rebiased = magnitude - 0x38000000;
    return sign | ((rebiased + 0xfff + ((rebiased >>> 13) & 1)) >>> 13);
  }
  const exponent = magnitude >>> 23;
  if (exponent < 102) return sign; // below half of the smallest subnormal
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const shift = 126 - exponent;
  const floor = mantissa >>> shift;
  const rest = mantissa & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return sign | (rest > half || (rest === half && floor & 1) ? floor + 1 : floor);
}
