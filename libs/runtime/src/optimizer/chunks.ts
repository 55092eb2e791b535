import type { Arena } from '../parameters/arena';
import { Tensor } from '../tensor';

/** Elements of one run: enough to amortize the call, few enough to stay in the cache. */
const CHUNK_ELEMENTS = 1 << 18;

/** Divides arenas of one layout into chunks. `visit` receives, for each chunk, the tensors over its elements. */
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
