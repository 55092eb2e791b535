/** Element types of graph values, with their ONNX numbers (onnx.proto, TensorProto.DataType). */
export const ONNX_DTYPE = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
} as const;

export type DType = keyof typeof ONNX_DTYPE;

/** Bytes of one element. */
export const BYTES_PER_ELEMENT: Record<DType, number> = {
  float32: 4,
  uint8: 1,
  int8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
  float16: 2,
};

/** The arrays that hold elements: bool as bytes, float16 as bit patterns. */
export type TypedArray = Float32Array | BigInt64Array | Int32Array | Int8Array | Uint16Array | Uint8Array;
