import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { decompress as unzstd } from 'fzstd';
import type { Compressors } from 'hyparquet';
import { decompressLz4, decompressLz4Raw } from 'hyparquet-compressors/src/lz4.js';

/**
 * Decompresses the pages of a Parquet file: with Node where it has the codec, and never to more bytes than the header of the page says.
 * (Snappy is hyparquet's own.)
 */
export const PARQUET_CODECS: Compressors = {
  GZIP: (page, bytes) => gunzipSync(page, { maxOutputLength: bytes }),
  BROTLI: (page, bytes) => brotliDecompressSync(page, { maxOutputLength: bytes }),
  ZSTD: (page, bytes) => unzstd(page, new Uint8Array(bytes)),
  LZ4: decompressLz4,
  LZ4_RAW: decompressLz4Raw,
};
