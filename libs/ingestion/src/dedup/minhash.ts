import { createRng } from '@open-chatgpt/random';
import { imul, mix32 } from './shingles';

/** Signs sets of shingles. The probability that two signatures agree at a position is about the Jaccard similarity of the sets. */
export interface MinHash {
  numHashes: number;
  /** Writes the signature of `shingles` to `out`, `[numHashes]`, one byte for each hash. */
  sign(shingles: Uint32Array, out: Uint8Array): void;
}

/**
 * MinHash (Broder 1997) with `numHashes` linear permutations of 32 bits. The signature has the lowest byte of each mixed minimum: b-bit
 * minwise hashing with b = 8 (Li & König 2010), which takes a quarter of the memory for almost the same precision.
 */
export function createMinHash(numHashes: number, seed = 1): MinHash {
  const rng = createRng(seed);
  const factors = padded(Int32Array.from({ length: numHashes }, () => rng.int(2 ** 32) | 1));
  const offsets = padded(Int32Array.from({ length: numHashes }, () => rng.int(2 ** 32) | 0));
  const minima = new Int32Array(factors.length);
  return {
    numHashes,
    sign(shingles, out) {
      for (let h = 0; h < minima.length; h += 4) fourMinima(shingles, factors, offsets, h, minima);
      for (let h = 0; h < numHashes; h++) out[h] = mix32(minima[h]) & 0xff;
    },
  };
}

function padded(values: Int32Array): Int32Array {
  const whole = new Int32Array(Math.ceil(values.length / 4) * 4);
  whole.set(values);
  return whole;
}

/**
 * The minima of hashes `h` to `h + 3`. Four independent minima keep the multipliers of the CPU busy. Signed, because signed integers are
 * compared fastest; any order of the hashes is valid.
 */
function fourMinima(
  shingles: Uint32Array,
  factors: Int32Array,
  offsets: Int32Array,
  h: number,
  minima: Int32Array,
): void {
  const [f0, f1, f2, f3] = [factors[h], factors[h + 1], factors[h + 2], factors[h + 3]];
  const [o0, o1, o2, o3] = [offsets[h], offsets[h + 1], offsets[h + 2], offsets[h + 3]];
  let [m0, m1, m2, m3] = [0x7fffffff, 0x7fffffff, 0x7fffffff, 0x7fffffff];
  for (let s = 0; s < shingles.length; s++) {
    const shingle = shingles[s] | 0;
    const v0 = (imul(f0, shingle) + o0) | 0;
    const v1 = (imul(f1, shingle) + o1) | 0;
    const v2 = (imul(f2, shingle) + o2) | 0;
    const v3 = (imul(f3, shingle) + o3) | 0;
    if (v0 < m0) m0 = v0;
    if (v1 < m1) m1 = v1;
    if (v2 < m2) m2 = v2;
    if (v3 < m3) m3 = v3;
  }
  minima[h] = m0;
  minima[h + 1] = m1;
  minima[h + 2] = m2;
  minima[h + 3] = m3;
}

/**
 * Estimates the Jaccard similarity from two signatures. Bytes of different minima agree with probability 1/256, which is corrected (Li &
 * König 2010, eq. 5, for sets that are small against 2³²). Standard error √(J(1−J)/numHashes).
 */
export function estimateJaccard(agreeing: number, numHashes: number): number {
  const chance = 1 / 256;
  return Math.max(0, (agreeing / numHashes - chance) / (1 - chance));
}
