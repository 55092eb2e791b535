/** The same memory as unsigned integers: conversions copy bits, so NaN payloads survive. */
export function uint32View(floats: Float32Array): Uint32Array {
  return new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
}
