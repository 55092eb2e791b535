import { roundToBlocks } from '@open-chatgpt/models';
import {
  type MatrixSize,
  matrixOfBlocks,
  type QuantizedBits,
  type QuantizedMatrix,
} from './quantized-matrix';

/** Numbers in a block of Q8_0 and Q4_1. */
const BLOCK = 32;

/**
 * Rounds a matrix to the blocks that `openchat model quantize` writes: Q8_0 for 8 bits, Q4_1 for 4.
 *
 * @param weight [out, in], or [in, out] if inputMajor
 * @param where begins the message of an error, which values beyond the range of fp16 are
 */
export function quantizeBlocks(
  weight: Float32Array,
  size: MatrixSize,
  bits: QuantizedBits,
  inputMajor = false,
  where = 'quantization',
): QuantizedMatrix {
  const whole = size.inFeatures % BLOCK === 0 && !inputMajor;
  const rows = whole ? weight : inWholeBlocks(weight, size, inputMajor);
  return matrixOfBlocks(roundToBlocks(rows, bits, where), size);
}

/** Rows [out, in], each continued with its last number to a whole number of blocks, so that no range grows. */
function inWholeBlocks(
  weight: Float32Array,
  { outFeatures, inFeatures }: MatrixSize,
  inputMajor: boolean,
): Float32Array {
  const width = Math.ceil(inFeatures / BLOCK) * BLOCK;
  const [outStride, inStride] = inputMajor ? [1, outFeatures] : [inFeatures, 1];
  const rows = new Float32Array(outFeatures * width);
  for (let row = 0; row < outFeatures; row++)
    for (let i = 0; i < width; i++)
      rows[row * width + i] = weight[row * outStride + Math.min(i, inFeatures - 1) * inStride];
  return rows;
}
