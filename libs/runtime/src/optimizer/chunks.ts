import type { Arena } from '../parameters/arena';
import { Tensor } from '../tensor';

/** Elements handled by one run: large enough to hide the call, small enough to stay in the cache. */
export const CHUNK_ELEMENTS = 1 << 18;

/** Arenas of one layout cut alike into chunks: `visit` gets, for each, the tensors over the same elements. */
export function forEachChunk<T>(
  arenas: readonly Arena[],
  visit: (parts: Tensor[]) => T,
  size = CHUNK_ELEMENTS,
): T[] {
  const results: T[] = [];
  arenas[0].segments.forEach((segment, index) => {
    for (let start = 0; start < segment.length; start += size) {
      const end = Math.min(start + size, segment.length);
      const parts = arenas.map(
        (arena) => new Tensor('float32', [end - start], arena.segments[index].subarray(start, end)),
      );
      results.push(visit(parts));
    }
  });
  return results;
}
