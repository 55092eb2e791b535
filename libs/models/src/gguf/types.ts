import { DECODERS, type Decoder } from '../weights/convert';
import { type BlockType, decodeBlocks } from './block-type';
import { unpackQ4K } from './unpack-q4-k';
import { unpackQ5_0 } from './unpack-q5-0';
import { unpackQ6K } from './unpack-q6-k';
import { unpackQ4_0, unpackQ4_1, unpackQ8_0 } from './unpack-simple';

/** The packing of a tensor type: `blockSize` numbers in `blockBytes` bytes. */
export interface GgmlType {
  name: string;
  blockSize: number;
  blockBytes: number;
  /** Decodes whole blocks, which may start at any offset of their buffer, to fp32. */
  decode(blocks: Uint8Array, target: Float32Array): void;
  /** null for types without scales. */
  packing: BlockType | null;
}

const plain = (name: string, { bytesPerElement, decode }: Decoder): GgmlType => ({
  name,
  blockSize: 1,
  blockBytes: bytesPerElement,
  decode,
  packing: null,
});

const packed = (name: string, blockSize: number, blockBytes: number, packing: BlockType): GgmlType => ({
  name,
  blockSize,
  blockBytes,
  decode: (blocks, target) => decodeBlocks(packing, blocks, target),
  packing,
});

/** The supported types by their number in the file (ggml.h, enum ggml_type). */
export const GGML_TYPES: ReadonlyMap<number, GgmlType> = new Map([
  [0, plain('F32', DECODERS['F32'])],
  [1, plain('F16', DECODERS['F16'])],
  [2, packed('Q4_0', 32, 18, { bits: 4, groupSize: 32, zero: 8, unpack: unpackQ4_0 })],
  [3, packed('Q4_1', 32, 20, { bits: 4, groupSize: 32, zero: null, unpack: unpackQ4_1 })],
  [6, packed('Q5_0', 32, 22, { bits: 8, groupSize: 32, zero: 16, unpack: unpackQ5_0 })],
  [8, packed('Q8_0', 32, 34, { bits: 8, groupSize: 32, zero: 128, unpack: unpackQ8_0 })],
  [12, packed('Q4_K', 256, 144, { bits: 4, groupSize: 32, zero: null, unpack: unpackQ4K })],
  [14, packed('Q6_K', 256, 210, { bits: 8, groupSize: 16, zero: 32, unpack: unpackQ6K })],
  [30, plain('BF16', DECODERS['BF16'])],
]);

/** Names of types that are not supported, for error messages. */
const OTHER_NAMES: Readonly<Record<number, string>> = {
  7: 'Q5_1',
  9: 'Q8_1',
  10: 'Q2_K',
  11: 'Q3_K',
  13: 'Q5_K',
  15: 'Q8_K',
  16: 'IQ2_XXS',
  17: 'IQ2_XS',
  18: 'IQ3_XXS',
  19: 'IQ1_S',
  20: 'IQ4_NL',
  21: 'IQ3_S',
  22: 'IQ2_S',
  23: 'IQ4_XS',
  24: 'I8',
  25: 'I16',
  26: 'I32',
  27: 'I64',
  28: 'F64',
  29: 'IQ1_M',
  34: 'TQ1_0',
  35: 'TQ2_0',
  39: 'MXFP4',
};

export function ggmlTypeName(type: number): string {
  return GGML_TYPES.get(type)?.name ?? OTHER_NAMES[type] ?? `number ${type}`;
}
