import { encodeFloats, type FloatDtype } from '../../weights/convert';
import { quantizeQ4_1 } from './quantize-q4-1';
import { quantizeQ4K } from './quantize-q4-k';
import { quantizeQ6K } from './quantize-q6-k';
import { quantizeQ5_0, quantizeQ8_0 } from './quantize-simple';

export type EncodingName = FloatDtype | 'Q8_0' | 'Q5_0' | 'Q4_1' | 'Q4_K' | 'Q6_K';

/** How numbers are written: `blockSize` of them in `blockBytes` bytes. */
export interface Encoding {
  /** The type's number in the file (ggml.h, enum ggml_type). */
  type: number;
  blockSize: number;
  blockBytes: number;
  /** Encodes whole blocks. */
  encode(source: Float32Array, blocks: Uint8Array): void;
}

const plain = (type: number, dtype: FloatDtype, blockBytes: number): Encoding => ({
  type,
  blockSize: 1,
  blockBytes,
  encode: (source, blocks) => blocks.set(encodeFloats(source, dtype)),
});

export const ENCODINGS: Readonly<Record<EncodingName, Encoding>> = {
  F32: plain(0, 'F32', 4),
  F16: plain(1, 'F16', 2),
  BF16: plain(30, 'BF16', 2),
  Q4_1: { type: 3, blockSize: 32, blockBytes: 20, encode: quantizeQ4_1 },
  Q5_0: { type: 6, blockSize: 32, blockBytes: 22, encode: quantizeQ5_0 },
  Q8_0: { type: 8, blockSize: 32, blockBytes: 34, encode: quantizeQ8_0 },
  Q4_K: { type: 12, blockSize: 256, blockBytes: 144, encode: quantizeQ4K },
  Q6_K: { type: 14, blockSize: 256, blockBytes: 210, encode: quantizeQ6K },
};
