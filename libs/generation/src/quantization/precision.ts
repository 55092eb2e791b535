import { familyOf, type ModelConfig } from '@open-chatgpt/models';
import type { QuantizedBits, QuantizedMatrix } from './quantized-matrix';

export type QuantizedPrecision = 'int8' | 'int4';

/** The matrices whose rounding costs most answers. */
const SENSITIVE = /\.(down_proj|v_proj|fc2|c_attn|mlp\.c_proj)\.weight$/;

/** `int4` keeps 8 bits for the embeddings and for the matrices whose rounding costs most. */
export function bitsOf(name: string, config: ModelConfig, precision: QuantizedPrecision): QuantizedBits {
  return precision === 'int8' || inVocabulary(name, config) || SENSITIVE.test(name) ? 8 : 4;
}

/**
 * The number format of activations in a product. Rounded inputs of keys and values cost a quarter of all that rounding of
 * activations costs, and these matrices are the smallest, so theirs stay in float32 where the kernel can compute it.
 */
export function activationsOf(name: string, { bits }: QuantizedMatrix): 'float32' | 'int8' {
  return bits === 4 && /\.[kv]_proj\.weight$/.test(name) ? 'float32' : 'int8';
}

/** Whether a matrix has a row for each token. */
export function inVocabulary(name: string, config: ModelConfig): boolean {
  return name === tokenTable(config) || name === familyOf(config).outputEmbedding(config);
}

/** The name of the token embeddings. */
export function tokenTable(config: ModelConfig): string {
  return familyOf(config).embeddingNames(config)[0];
}
