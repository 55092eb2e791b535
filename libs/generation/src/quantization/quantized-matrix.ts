import type { WeightBlocks } from '@open-chatgpt/models';

export type QuantizedBits = 4 | 8;

/** The sizes of a matrix [out, in]. */
export interface MatrixSize {
  outFeatures: number;
  inFeatures: number;
}

/**
 * A matrix in the layout of ONNX Runtime's MatMulNBits (ContribOperators.md): weight = (value − 2^(bits−1)) · scale + offset.
 * The kernel has no float offsets; `quantizedLinear` adds their product.
 */
export interface QuantizedMatrix extends MatrixSize {
  bits: QuantizedBits;
  /** Neighbors in a row that share a scale and an offset: 16 or 32. */
  groupSize: number;
  /** Number of groups in a row. The last one is padded. */
  groups: number;
  /** [outFeatures, groups, groupSize · bits / 8]; two 4-bit values in each byte, the first one in the low half. */
  values: Uint8Array;
  /** [outFeatures · groups] */
  scales: Float32Array;
  /** [outFeatures · groups]; null when all are 0. */
  offsets: Float32Array | null;
}

/**
 * 8-bit matrices have the scale of each block of 32 weights twice, because the kernel rounds activations in groups of the same size
 * as the weights': an outlier coarsens 15 others instead of 31, at 1.05 times the time of a token.
 */
const GROUP_SIZE: Readonly<Record<QuantizedBits, number>> = { 8: 16, 4: 32 };

/** The bytes of a matrix, with scales and, with 4 bits, offsets. */
export function matrixBytes(bits: QuantizedBits, { outFeatures, inFeatures }: MatrixSize): number {
  return outFeatures * inFeatures * (bits / 8 + (bits === 4 ? 8 : 4) / GROUP_SIZE[bits]);
}

/** An empty matrix. */
function allocateMatrix(bits: QuantizedBits, size: MatrixSize, offsets: boolean): QuantizedMatrix {
  const groupSize = GROUP_SIZE[bits];
  const groups = Math.ceil(size.inFeatures / groupSize);
  const count = size.outFeatures * groups;
  return {
    ...size,
    bits,
    groupSize,
    groups,
    values: new Uint8Array((count * groupSize * bits) / 8),
    scales: new Float32Array(count),
    offsets: offsets ? new Float32Array(count) : null,
  };
}

/** Sets value `i` of a matrix without padding of its rows, or of one with it. Each value is set once. */
function setValue({ bits, values }: QuantizedMatrix, i: number, value: number): void {
  if (bits === 8) values[i] = value;
  else values[i >> 1] |= i % 2 === 0 ? value : value << 4;
}

/**
 * The same numbers as the blocks of a file, without rounding: codes are moved by a constant, and groups are divided.
 * @param blocks in rows that may be longer than those of the matrix, which have whole blocks
 * @param bits at least those of the blocks
 * @throws Error when rows are no whole number of groups
 */
export function matrixOfBlocks(
  blocks: WeightBlocks,
  size: MatrixSize,
  bits: QuantizedBits = blocks.bits,
): QuantizedMatrix {
  const { codes, minima } = blocks;
  const matrix = allocateMatrix(bits, size, minima !== null);
  const { groupSize, groups, scales, offsets } = matrix;
  const stored = codes.length / size.outFeatures;
  if (stored < size.inFeatures || stored % blocks.groupSize !== 0 || blocks.groupSize % groupSize !== 0)
    throw new Error(
      `quantization: rows of ${stored} weights in groups of ${blocks.groupSize} cannot become groups of ${groupSize}`,
    );
  const middle = 1 << (bits - 1);
  const move = minima ? 0 : middle - blocks.zero;
  for (let group = 0; group < scales.length; group++) {
    const first = Math.floor(group / groups) * stored + (group % groups) * groupSize;
    for (let i = 0; i < groupSize; i++) setValue(matrix, group * groupSize + i, codes[first + i] + move);
    const from = Math.floor(first / blocks.groupSize);
    scales[group] = blocks.scales[from];
    if (offsets && minima) offsets[group] = minima[from] + middle * scales[group];
  }
  return matrix;
}
