import type { Dataref } from '@open-chatgpt/events';
import { LRUCache } from 'lru-cache';

/** A larger object is not kept. */
const MAX_OBJECT_BYTES = 16 << 20;
const MAX_BYTES = 64 << 20;

/** Buffers that are worth reusing are at least this large. */
const MIN_SPARE_BYTES = 1 << 20;
const MAX_SPARE_BYTES = 32 << 20;

interface RecentObject {
  sha256: string;
  bytes: Buffer;
  reusable: boolean;
}

/** What this process stored last, by address, for the other services in it: they need not read it from the store. */
const recent = new LRUCache<string, RecentObject>({
  maxSize: MAX_BYTES,
  maxEntrySize: MAX_OBJECT_BYTES,
  sizeCalculation: ({ bytes }) => Math.max(1, bytes.length),
  dispose: ({ bytes, reusable }) => {
    if (reusable) recycle(bytes);
  },
});
let spare: Buffer[] = [];

export const isSmall = (bytes: number): boolean => bytes <= MAX_OBJECT_BYTES;

/**
 * A buffer for a reusable object, taken from a removed one where possible. Without this each iteration allocates new
 * memory for its weights, and V8 collects the whole heap each time while other threads sample.
 */
export function allocateReusable(size: number): Buffer {
  const found = spare.find(({ length }) => length === size);
  spare = spare.filter((bytes) => bytes !== found);
  return found ?? Buffer.allocUnsafeSlow(size);
}

/** @param reusable the buffer comes from `allocateReusable`, and holds another object once this one is removed */
export function keepRecent(
  { uri, sha256 }: Dataref,
  bytes: Buffer,
  { reusable = false }: { reusable?: boolean } = {},
): void {
  recent.set(uri, { sha256, bytes, reusable });
}

/** The bytes of an object that this process stored. Read or copy them before the next `await`: they may be reused. */
export function recentObject({ uri, sha256 }: Dataref): Buffer | undefined {
  const found = recent.get(uri);
  return found?.sha256 === sha256 ? found.bytes : undefined;
}

/** Forgets objects that were removed from the store. @param prefix of their addresses */
export function forgetRecent(prefix: string, matches: (uri: string) => boolean = () => true): void {
  for (const uri of [...recent.keys()]) if (uri.startsWith(prefix) && matches(uri)) recent.delete(uri);
}

function recycle(bytes: Buffer): void {
  const spareBytes = spare.reduce((sum, { length }) => sum + length, bytes.length);
  if (bytes.length >= MIN_SPARE_BYTES && spareBytes <= MAX_SPARE_BYTES) spare.push(bytes);
}
