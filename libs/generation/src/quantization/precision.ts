import { keepsEightBits, type ModelConfig } from '@open-chatgpt/models';
import type { QuantizedBits, QuantizedMatrix } from './quantized-matrix';

export type QuantizedPrecision = 'int8' | 'int4';

/** `int4` keeps 8 bits for the embeddings and for the matrices whose rounding costs most. */
export function bitsOf(name: string, config: ModelConfig, precision: QuantizedPrecision): QuantizedBits {
  return precision === 'int8' || keepsEightBits(name, config) ? 8 : 4;
}

/**
 * The number format of activations in a product. Rounded inputs of keys and values cost a quarter of all that rounding of
 * activations costs, and these matrices are the smallest, so theirs stay in float32 where the kernel can compute it.
 */
export function activationsOf(name: string, { bits }: QuantizedMatrix): 'float32' | 'int8' {
  return bits === 4 && /\.[kv]_proj\.weight$/.test(name) ? 'float32' : 'int8';
}
