/** The same memory as unsigned integers. Conversions copy bits and so preserve NaN payloads. */
export function uint32View(floats: Float32Array): Uint32Array {
  return new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
}
