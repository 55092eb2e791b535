import { createRng } from '@open-chatgpt/random';
import { imul, mix32 } from './shingles';

/** Gives a set of shingles a short signature: two sets agree at a place with about the probability of their Jaccard similarity. */
export interface MinHash {
  numHashes: number;
  /** Writes the signature of `shingles` to `out`, `[numHashes]`, one byte for each hash. */
  sign(shingles: Uint32Array, out: Uint8Array): void;
}

/**
 * MinHash (Broder 1997) with `numHashes` linear permutations of 32 bits, of each minimum the lowest byte of its mixed
 * value: b-bit minwise hashing with b = 8 (Li & König 2010), a quarter of the memory for almost the same precision.
 */
export function createMinHash(numHashes: number, seed = 1): MinHash {
  const rng = createRng(seed);
  const factors = Int32Array.from({ length: numHashes }, () => rng.int(2 ** 32) | 1);
  const offsets = Int32Array.from({ length: numHashes }, () => rng.int(2 ** 32) | 0);
  return {
    numHashes,
    sign(shingles, out) {
      for (let h = 0; h < numHashes; h++) {
        const factor = factors[h];
        const offset = offsets[h];
        // Signed, for that is what the machine compares fastest; any order of the hashes will do.
        let minimum = 0x7fffffff;
        for (let s = 0; s < shingles.length; s++) {
          const value = (imul(factor, shingles[s]) + offset) | 0;
          if (value < minimum) minimum = value;
        }
        out[h] = mix32(minimum) & 0xff;
      }
    },
  };
}

/**
 * The Jaccard similarity that two signatures speak for: bytes of different minima agree once in 256, which is taken out
 * (Li & König 2010, eq. 5, for sets that are small against 2³²). Standard error √(J(1−J)/numHashes).
 */
export function estimateJaccard(agreeing: number, numHashes: number): number {
  const chance = 1 / 256;
  return Math.max(0, (agreeing / numHashes - chance) / (1 - chance));
}
