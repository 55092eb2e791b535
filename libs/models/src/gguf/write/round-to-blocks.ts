import { ModelFileError } from '../../weights/model-file-error';
import type { WeightBlocks } from '../../weights/weight-blocks';
import { emptyBlocks } from '../block-type';
import { GGML_TYPES } from '../types';
import { ENCODINGS } from './encodings';

/**
 * Rounds numbers to the blocks that a GGUF file has for them: Q8_0 for 8 bits, Q4_1 for 4. A file that is written ahead and weights
 * that are rounded when they are read are therefore the same numbers.
 *
 * @param values in rows of a whole number of blocks of 32
 * @throws ModelFileError when a scale is too large for fp16; `where` begins its message
 */
export function roundToBlocks(values: Float32Array, bits: 4 | 8, where: string): WeightBlocks {
  const { type, blockSize, blockBytes, encode } = ENCODINGS[bits === 8 ? 'Q8_0' : 'Q4_1'];
  const packing = GGML_TYPES.get(type)!.packing!;
  const rounded = emptyBlocks(packing, values.length);
  const { codes, scales, minima } = rounded;
  const bytes = new Uint8Array((values.length / blockSize) * blockBytes);
  encode(values, bytes);
  packing.unpack(bytes, { codes, scales, minima: minima ?? new Float32Array(0) });
  if (!scales.every(Number.isFinite) || !(minima ?? []).every(Number.isFinite))
    throw new ModelFileError(
      where,
      'has values too large for the fp16 scales of blocks; use float32 weights',
    );
  return rounded;
}
