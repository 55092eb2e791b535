import { createHash } from 'node:crypto';
import { Window } from './window';

/** Bytes of the hash that are kept: two of 10⁸ different texts agree with a probability of 3·10⁻⁴. */
const HASH_BYTES = 8;
/** Bytes of the origin at the beginning of an entry. */
export const ORIGIN_BYTES = 8;

/** A window over the hashes of normalized texts. An entry is an origin and a hash. */
export function exactWindow(memoryBytes: number): Window {
  return new Window(ORIGIN_BYTES + HASH_BYTES, [{ start: ORIGIN_BYTES, length: HASH_BYTES }], memoryBytes);
}

export function exactEntry(normalized: string): Uint8Array {
  const entry = new Uint8Array(ORIGIN_BYTES + HASH_BYTES);
  const digest = createHash('sha256').update(normalized).digest();
  entry.set(digest.subarray(0, HASH_BYTES), ORIGIN_BYTES);
  return entry;
}
