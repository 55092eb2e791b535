import type { ModelConfig } from '@open-chatgpt/models';

/** What determines the size of a token's keys and values. */
export type KeyValueSizes = Pick<ModelConfig, 'numHiddenLayers' | 'numKeyValueHeads' | 'headDim'>;

/** The size of the keys and values of `rows` rows of `length` tokens in float32. */
export function keyValueBytes(sizes: KeyValueSizes, rows: number, length: number): number {
  const { numHiddenLayers, numKeyValueHeads, headDim } = sizes;
  return 2 * numHiddenLayers * rows * numKeyValueHeads * length * headDim * Float32Array.BYTES_PER_ELEMENT;
}
