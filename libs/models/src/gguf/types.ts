import { DECODERS, type Decoder } from '../weights/convert';
import { dequantizeQ4K } from './dequantize-q4-k';
import { dequantizeQ5_0 } from './dequantize-q5-0';
import { dequantizeQ6K } from './dequantize-q6-k';
import { dequantizeQ4_0, dequantizeQ4_1, dequantizeQ8_0 } from './dequantize-simple';

/** The packing of a tensor type: `blockSize` numbers in `blockBytes` bytes. */
export interface GgmlType {
  name: string;
  blockSize: number;
  blockBytes: number;
  /** Decodes whole blocks, which may start at any offset of their buffer, to fp32. */
  decode(blocks: Uint8Array, target: Float32Array): void;
}

const plain = (name: string, { bytesPerElement, decode }: Decoder): GgmlType => ({
  name,
  blockSize: 1,
  blockBytes: bytesPerElement,
  decode,
});

/** The supported types by their number in the file (ggml.h, enum ggml_type). */
export const GGML_TYPES: ReadonlyMap<number, GgmlType> = new Map([
  [0, plain('F32', DECODERS['F32'])],
  [1, plain('F16', DECODERS['F16'])],
  [2, { name: 'Q4_0', blockSize: 32, blockBytes: 18, decode: dequantizeQ4_0 }],
  [3, { name: 'Q4_1', blockSize: 32, blockBytes: 20, decode: dequantizeQ4_1 }],
  [6, { name: 'Q5_0', blockSize: 32, blockBytes: 22, decode: dequantizeQ5_0 }],
  [8, { name: 'Q8_0', blockSize: 32, blockBytes: 34, decode: dequantizeQ8_0 }],
  [12, { name: 'Q4_K', blockSize: 256, blockBytes: 144, decode: dequantizeQ4K }],
  [14, { name: 'Q6_K', blockSize: 256, blockBytes: 210, decode: dequantizeQ6K }],
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
