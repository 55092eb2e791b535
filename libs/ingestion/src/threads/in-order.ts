/**
 * Does `work` on each item, up to `atOnce` at a time, and gives what came of it in the items' order. When the items end with an
 * error, it comes after the results of those before.
 */
export async function* inOrder<In, Out>(
  items: AsyncIterable<In>,
  atOnce: number,
  work: (item: In) => Promise<Out>,
): AsyncGenerator<{ item: In; result: Out }> {
  const underWay: { item: In; result: Promise<Out> }[] = [];
  const source = items[Symbol.asyncIterator]();
  let failure: { error: unknown } | null = null;
  let ended = false;
  try {
    for (;;) {
      while (!ended && underWay.length < atOnce) {
        try {
          const { value: item, done } = await source.next();
          if (done) ended = true;
          else {
            const result = work(item);
            // Whoever takes it out hears of its failure; until then nobody listens.
            result.catch(() => undefined);
            underWay.push({ item, result });
          }
        } catch (error) {
          failure = { error };
          ended = true;
        }
      }
      const first = underWay.shift();
      if (!first) break;
      yield { item: first.item, result: await first.result };
    }
    if (failure) throw failure.error;
  } finally {
    await source.return?.();
  }
}
