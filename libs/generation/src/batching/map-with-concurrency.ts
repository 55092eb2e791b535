/**
 * Maps items to results in order, with at most `concurrency` calls of `work` at a time. The first failure, or an abort of
 * `outer`, aborts the signal that every call receives, so that no call continues unobserved.
 */
export async function mapWithConcurrency<T, R>(
  items: readonly T[],
  concurrency: number,
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
    await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, worker));
  } catch (error) {
    failure.abort(error);
    throw error;
  }
  return results;
}
