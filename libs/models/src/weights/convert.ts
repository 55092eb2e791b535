import { bfloat16ToFloat32, float32ToBfloat16 } from './bfloat16';
import { float16ToFloat32, float32ToFloat16 } from './float16';

/** The dtypes in which weights can be written. */
export type FloatDtype = 'F32' | 'F16' | 'BF16';

/** Converts little-endian bytes of one dtype to fp32. `bytes` may start at any offset of its buffer. */
export interface Decoder {
  bytesPerElement: number;
  decode(bytes: Uint8Array, target: Float32Array): void;
}

const half = (convert: (source: Uint16Array, target: Float32Array) => void): Decoder => ({
  bytesPerElement: 2,
  decode: (bytes, target) => convert(new Uint16Array(...aligned(bytes, 2)), target),
});

export const DECODERS: Readonly<Record<string, Decoder>> = {
  F64: { bytesPerElement: 8, decode: (bytes, target) => target.set(new Float64Array(...aligned(bytes, 8))) },
  F32: { bytesPerElement: 4, decode: (bytes, target) => target.set(new Float32Array(...aligned(bytes, 4))) },
  F16: half(float16ToFloat32),
  BF16: half(bfloat16ToFloat32),
};

function aligned(bytes: Uint8Array, size: number): [ArrayBufferLike, number, number] {
  const view = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes); // a copy
  return [view.buffer, view.byteOffset, view.byteLength / size];
}

/** fp32 → the bytes of `dtype`, little-endian. */
export function encodeFloats(source: Float32Array, dtype: FloatDtype): Uint8Array {
  if (dtype === 'F32') return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  const halves = new Uint16Array(source.length);
  (dtype === 'F16' ? float32ToFloat16 : float32ToBfloat16)(source, halves);
  return new Uint8Array(halves.buffer);
}
