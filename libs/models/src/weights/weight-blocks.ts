/** A matrix rounded to codes of a few bits. Each group of neighbors in a row shares a scale. */
export interface WeightBlocks {
  /** Bits that hold every code. */
  bits: 4 | 8;
  /** Numbers that share a scale; a divisor of the length of a row. */
  groupSize: number;
  /** [rows · columns], one byte for each number. */
  codes: Uint8Array;
  /** One for each group. */
  scales: Float32Array;
  /** One for each group: x = scale · code + minimum. null: x = scale · (code − zero). */
  minima: Float32Array | null;
  zero: number;
}

/** The numbers that the blocks represent, computed in float64 and rounded once. */
export function blockValues(
  { groupSize, codes, scales, minima, zero }: WeightBlocks,
  target: Float32Array,
): void {
  for (let group = 0; group < scales.length; group++) {
    const scale = scales[group];
    const end = (group + 1) * groupSize;
    for (let i = group * groupSize; i < end; i++)
      target[i] = minima ? scale * codes[i] + minima[group] : scale * (codes[i] - zero);
  }
}
