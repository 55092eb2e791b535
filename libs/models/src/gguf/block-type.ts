import { blockValues, type WeightBlocks } from '../weights/weight-blocks';

/** What the blocks of a type hold. Types with one zero leave `minima` unset. */
export interface Unpacked {
  /** One byte for each number. */
  codes: Uint8Array;
  scales: Float32Array;
  minima: Float32Array;
}

/** A type that packs numbers into codes of a few bits, with a scale for each group. */
export interface BlockType extends Pick<WeightBlocks, 'bits' | 'groupSize'> {
  /** The code of 0; null where each group has a minimum. */
  zero: number | null;
  /** Unpacks whole blocks, which may start at any offset of their buffer. */
  unpack(blocks: Uint8Array, target: Unpacked): void;
}

/** Memory for the blocks of `size` numbers. */
export function emptyBlocks(type: BlockType, size: number): WeightBlocks {
  const { bits, groupSize, zero } = type;
  const groups = size / groupSize;
  return {
    bits,
    groupSize,
    codes: new Uint8Array(size),
    scales: new Float32Array(groups),
    minima: zero === null ? new Float32Array(groups) : null,
    zero: zero ?? 0,
  };
}

/** Unpacks whole blocks to the numbers that they represent. */
export function decodeBlocks(type: BlockType, blocks: Uint8Array, target: Float32Array): void {
  const unpacked = emptyBlocks(type, target.length);
  type.unpack(blocks, partOf(unpacked, 0, target.length));
  blockValues(unpacked, target);
}

/** The part of `count` numbers from `first`, for `unpack`. */
export function partOf(
  { groupSize, codes, scales, minima }: WeightBlocks,
  first: number,
  count: number,
): Unpacked {
  const [from, to] = [first / groupSize, (first + count) / groupSize];
  return {
    codes: codes.subarray(first, first + count),
    scales: scales.subarray(from, to),
    minima: minima?.subarray(from, to) ?? new Float32Array(0),
  };
}
