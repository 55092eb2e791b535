import type { Dataref } from '@open-chatgpt/events';

/** An object of more bytes is not kept. */
const LARGEST_BYTES = 16 << 20;
const MOST_BYTES = 64 << 20;

/** By address, the oldest first. */
const kept = new Map<string, { sha256: string; size: number; chunks: readonly Buffer[] }>();
let bytesKept = 0;

export const isSmall = (bytes: number): boolean => bytes <= LARGEST_BYTES;

/**
 * Keeps what this process has just stored for the other services in it: they need not read it from the store. The chunks
 * must not change any more.
 */
export function keepRecent({ uri, sha256, size }: Dataref, chunks: readonly Buffer[]): void {
  if (!isSmall(size)) return;
  drop(uri);
  kept.set(uri, { sha256, size, chunks });
  bytesKept += size;
  for (const oldest of kept.keys()) {
    if (bytesKept <= MOST_BYTES) break;
    drop(oldest);
  }
}

/** The bytes of an object, where this process has stored it a short while ago. */
export function recentObject({ uri, sha256 }: Dataref): readonly Buffer[] | undefined {
  const found = kept.get(uri);
  return found?.sha256 === sha256 ? found.chunks : undefined;
}

/** Forgets the objects whose addresses begin so: they were removed from the store. */
export function forgetRecent(start: string): void {
  for (const uri of kept.keys()) if (uri.startsWith(start)) drop(uri);
}

function drop(uri: string): void {
  bytesKept -= kept.get(uri)?.size ?? 0;
  kept.delete(uri);
}
