import type { Dataref } from '@open-chatgpt/events';

/** An object of more bytes is not kept. */
const LARGEST_BYTES = 16 << 20;
const MOST_BYTES = 64 << 20;

/** Memory of fewer bytes is not worth keeping for the next object, and no more than so many bytes of it. */
const [SMALLEST_SPARE_BYTES, MOST_SPARE_BYTES] = [1 << 20, 32 << 20];

/** By address, the oldest first. */
const kept = new Map<string, { sha256: string; bytes: Buffer }>();
let bytesKept = 0;
let spare: Buffer[] = [];

export const isSmall = (bytes: number): boolean => bytes <= LARGEST_BYTES;

/**
 * Memory for an object that `keepRecent` will be given: that of one that was let go, where there is some. If each iteration
 * took new memory for its weights, V8 would look through the whole heap each time, beside threads that sample.
 */
export function memoryFor(size: number): Buffer {
  const found = spare.find(({ length }) => length === size);
  spare = spare.filter((bytes) => bytes !== found);
  return found ?? Buffer.allocUnsafeSlow(size);
}

/**
 * Keeps what this process has just stored for the other services in it: they need not read it from the store.
 * @param bytes from now on nobody else's: once the object is let go, they become another's
 */
export function keepRecent({ uri, sha256, size }: Dataref, bytes: Buffer): void {
  if (!isSmall(size)) return;
  drop(uri);
  kept.set(uri, { sha256, bytes });
  bytesKept += bytes.length;
  for (const oldest of kept.keys()) {
    if (bytesKept <= MOST_BYTES) break;
    drop(oldest);
  }
}

/**
 * The bytes of an object, where this process has stored it a short while ago. To be read or copied before anything is
 * awaited: after that they may be another object's.
 */
export function recentObject({ uri, sha256 }: Dataref): Buffer | undefined {
  const found = kept.get(uri);
  return found?.sha256 === sha256 ? found.bytes : undefined;
}

/** Forgets the objects whose addresses begin so: they were removed from the store. */
export function forgetRecent(start: string): void {
  for (const uri of kept.keys()) if (uri.startsWith(start)) drop(uri);
}

function drop(uri: string): void {
  const bytes = kept.get(uri)?.bytes;
  if (!bytes) return;
  kept.delete(uri);
  bytesKept -= bytes.length;
  const spareBytes = spare.reduce((sum, { length }) => sum + length, bytes.length);
  if (bytes.length >= SMALLEST_SPARE_BYTES && spareBytes <= MOST_SPARE_BYTES) spare.push(bytes);
}
