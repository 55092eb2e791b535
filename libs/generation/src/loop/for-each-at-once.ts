/**
 * Results of `work` on each item, in order, at most `atOnce` at a time.
 * The first failure, or an abort of `outer`, aborts the signal that the others were given, so that none goes on unseen.
 */
export async function forEachAtOnce<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T, index: number, signal: AbortSignal) => Promise<R>,
  outer?: AbortSignal,
): Promise<R[]> {
  const failure = new AbortController();
  const signal = outer ? AbortSignal.any([failure.signal, outer]) : failure.signal;
  const results = new Array<R>(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      signal.throwIfAborted();
      const index = next++;
      results[index] = await work(items[index], index, signal);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  } catch (error) {
    failure.abort(error);
    throw error;
  }
  return results;
}
