export type QuantizedBits = 4 | 8;

/** Number of weights of a row that share one scale. */
export const BLOCK_SIZE = 32;

export interface QuantizedMatrix {
  bits: QuantizedBits;
  outFeatures: number;
  inFeatures: number;
  /** Number of blocks in a row. The last block is padded with zeros. */
  blocks: number;
  /** [outFeatures, blocks, BLOCK_SIZE · bits / 8]; two 4-bit values in each byte, the first one in the low half. */
  values: Uint8Array;
  /** [outFeatures · blocks] */
  scales: Float32Array;
}

/**
 * Round-to-nearest with one scale for 32 weights, in the layout of ONNX Runtime's MatMulNBits (ContribOperators.md):
 * weight ≈ (value − 2^(bits−1)) · scale. With 4 bits, the sign of the scale maps the weight of largest magnitude to the
 * outermost value, −8. All 16 values are used, and the error of a weight near the other end is at most one step.
 *
 * @param weight [out, in], or [in, out] if inputMajor
 */
export function quantizeBlocks(
  weight: Float32Array,
  { outFeatures, inFeatures }: { outFeatures: number; inFeatures: number },
  bits: QuantizedBits,
  inputMajor = false,
): QuantizedMatrix {
  const blocks = Math.ceil(inFeatures / BLOCK_SIZE);
  const bytes = (BLOCK_SIZE * bits) / 8;
  const zero = 1 << (bits - 1);
  const values = new Uint8Array(outFeatures * blocks * bytes);
  const scales = new Float32Array(outFeatures * blocks);
  const [outStride, inStride] = inputMajor ? [1, outFeatures] : [inFeatures, 1];
  const block = new Float32Array(BLOCK_SIZE);
  for (let row = 0; row < outFeatures; row++) {
    for (let b = 0; b < blocks; b++) {
      let extreme = 0;
      for (let i = 0; i < BLOCK_SIZE; i++) {
        const column = b * BLOCK_SIZE + i;
        block[i] = column < inFeatures ? weight[row * outStride + column * inStride] : 0;
        if (Math.abs(block[i]) > Math.abs(extreme)) extreme = block[i];
      }
      const index = row * blocks + b;
      scales[index] = extreme === 0 ? 1 : -extreme / (bits === 8 ? zero - 1 : zero);
      for (let i = 0; i < BLOCK_SIZE; i++) {
        const value = Math.min(Math.round(block[i] / scales[index]) + zero, 2 * zero - 1);
        if (bits === 8) values[index * bytes + i] = value;
        else values[index * bytes + (i >> 1)] |= i % 2 === 0 ? value : value << 4;
      }
    }
  }
  return { bits, outFeatures, inFeatures, blocks, values, scales };
}
