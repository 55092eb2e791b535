import { ORIGIN_BYTES } from './exact';
import { createMinHash, estimateJaccard } from './minhash';
import { mix32, numbersHash, shingleHashes, textHash } from './shingles';
import { Window } from './window';

export interface NearOptions {
  numHashes: number;
  bands: number;
  threshold: number;
  shingleSize: number;
  sameNumbers: boolean;
}

/**
 * The entry of a normalized text: space for its origin, the hash of the parts that must be equal, the signature. Null when the text has
 * no words. `fixed` must be equal in a near-duplicate.
 */
export type NearEntry = (normalized: string, fixed: string) => Uint8Array | null;

export interface Near {
  window: Window;
  /** Whether two entries that share a band are near-duplicates. */
  accepts(probe: Uint8Array): (candidate: Uint8Array) => boolean;
}

const SAME = ORIGIN_BYTES;
const SIGNATURE = SAME + 4;

/** Creates the function that signs texts. A signature depends on the text alone, so any thread can compute it. */
export function createNearEntry({ numHashes, shingleSize, sameNumbers }: NearOptions): NearEntry {
  const minHash = createMinHash(numHashes);
  return (normalized, fixed) => {
    const shingles = shingleHashes(normalized, shingleSize);
    if (shingles.length === 0) return null;
    const entry = new Uint8Array(SIGNATURE + numHashes);
    const numbers = sameNumbers ? numbersHash(normalized) : 0;
    new DataView(entry.buffer).setUint32(SAME, mix32(textHash(fixed) ^ numbers), true);
    minHash.sign(shingles, entry.subarray(SIGNATURE));
    return entry;
  };
}

/** MinHash signatures in banded locality-sensitive hashing: see `dedupOptions` for the formula. */
export function createNear(options: NearOptions, memoryBytes: number): Near {
  const { numHashes, bands, threshold } = options;
  const rows = numHashes / bands;
  const ranges = Array.from({ length: bands }, (_, b) => ({ start: SIGNATURE + b * rows, length: rows }));
  return {
    window: new Window(SIGNATURE + numHashes, ranges, memoryBytes),
    accepts: (probe) => (candidate) => {
      for (let at = SAME; at < SIGNATURE; at++) if (probe[at] !== candidate[at]) return false;
      let agreeing = 0;
      for (let at = SIGNATURE; at < probe.length; at++) if (probe[at] === candidate[at]) agreeing++;
      return estimateJaccard(agreeing, numHashes) >= threshold;
    },
  };
}
