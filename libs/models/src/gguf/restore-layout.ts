import type { ModelConfig } from '../config/model-config';
import type { WeightBlocks } from '../weights/weight-blocks';

/**
 * llama.cpp stores some weights in another layout. This restores the layout of transformers, in place.
 *
 * - `llama`: rows of the query and key projections (and their biases) are interleaved within each head, because
 *   its rotation pairs neighbors (2j, 2j + 1) where transformers pairs (j, j + headDim/2).
 * - `gpt2`: linear weights are transposed to [out, in]; transformers keeps [in, out].
 *
 * @param shape the shape as stored, row-major
 */
export function restoreLayout(
  name: string,
  values: Float32Array,
  shape: readonly number[],
  config: ModelConfig,
): void {
  restoreRows(name, values, shape[0], config);
  if (isTransposed(name, config)) transpose(values, shape[0], shape[1]);
}

/**
 * The inverse: brings a weight into llama.cpp's layout, in place.
 * @param shape the canonical shape
 * @param interleaved whether llama.cpp's architecture pairs neighbors (llama, which computes Mistral too)
 */
export function storeLayout(
  name: string,
  values: Float32Array,
  shape: readonly number[],
  config: ModelConfig,
  interleaved: boolean,
): void {
  if (interleaved && /\.self_attn\.[qk]_proj\./.test(name))
    interleaveHeads(values, values.length / shape[0], config.headDim);
  if (isTransposed(name, config)) transpose(values, shape[0], shape[1]);
}

/** Whether the stored shape is the reverse of the canonical one. */
export function isTransposed(name: string, config: ModelConfig): boolean {
  return config.family === 'gpt2' && /\.(c_attn|c_proj|c_fc)\.weight$/.test(name);
}

/** Restores the rows of a matrix in blocks. Its columns need no change: the stored matrix is [out, in] in each family. */
export function restoreBlocks(
  name: string,
  blocks: WeightBlocks,
  [rows]: readonly number[],
  config: ModelConfig,
): void {
  for (const values of [blocks.codes, blocks.scales, blocks.minima])
    if (values) restoreRows(name, values, rows, config);
}

/** @param values a row is a part of the same size for each of the rows */
function restoreRows(
  name: string,
  values: Float32Array | Uint8Array,
  rows: number,
  config: ModelConfig,
): void {
  if (config.family === 'llama' && /\.self_attn\.[qk]_proj\./.test(name))
    deinterleaveHeads(values, values.length / rows, config.headDim);
}

/** Rows 0, 1, 2, 3 … of a head become 0, half, 1, half + 1 …'s inverse: even rows first, then odd ones. */
function deinterleaveHeads(values: Float32Array | Uint8Array, columns: number, headDim: number): void {
  const half = headDim / 2;
  for (let head = 0; head < values.length; head += headDim * columns) {
    const stored = values.slice(head, head + headDim * columns);
    for (let row = 0; row < headDim; row++) {
      const target = (row % 2) * half + (row >> 1);
      values.set(stored.subarray(row * columns, (row + 1) * columns), head + target * columns);
    }
  }
}

function interleaveHeads(values: Float32Array, columns: number, headDim: number): void {
  const half = headDim / 2;
  for (let head = 0; head < values.length; head += headDim * columns) {
    const canonical = values.slice(head, head + headDim * columns);
    for (let row = 0; row < headDim; row++) {
      const from = (row % 2) * half + (row >> 1);
      values.set(canonical.subarray(from * columns, (from + 1) * columns), head + row * columns);
    }
  }
}

function transpose(values: Float32Array, rows: number, columns: number): void {
  const stored = values.slice();
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      values[column * rows + row] = stored[row * columns + column];
}
