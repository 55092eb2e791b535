const MIB = 2 ** 20;

/** Upper limits of the memory and time that reading a file takes. */
export interface ReadLimits {
  /** A longer row is left out (`rowTooLong`). */
  maxRowBytes: number;
  /** Of one file, decompressed. */
  maxDecompressedBytes: number;
  /** Ratio of decompressed to compressed bytes of one file, checked above 8 MiB. Text has 3 to 20. */
  maxCompressionRatio: number;
  /** Decompressed bytes of one row group of a Parquet file, which is in memory as a whole. */
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
export const RATIO_FREE_BYTES = 8 * MIB;
