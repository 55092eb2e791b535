const MIB = 2 ** 20;

/** What reading may cost at most, whatever the file says. */
export interface ReadLimits {
  /** A longer row is left out (`rowTooLong`). */
  maxRowBytes: number;
  /** Of one file, unpacked. */
  maxDecompressedBytes: number;
  /** Unpacked to packed bytes of one file, checked from 64 MiB unpacked. Text has 3 to 20. */
  maxCompressionRatio: number;
  /** Unpacked bytes of one row group of a Parquet file: they are held in memory together. */
  maxRowGroupBytes: number;
  maxRowGroupRows: number;
}

export const DEFAULT_LIMITS: Readonly<ReadLimits> = {
  maxRowBytes: 16 * MIB,
  maxDecompressedBytes: 2 ** 40,
  maxCompressionRatio: 250,
  maxRowGroupBytes: 2 ** 30,
  maxRowGroupRows: 4_000_000,
};

/** Below it, a high ratio is harmless. */
export const RATIO_FREE_BYTES = 64 * MIB;
