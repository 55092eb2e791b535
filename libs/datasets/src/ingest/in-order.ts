/** Does `work` on each item, up to `atOnce` at a time, and gives what came of it in the items' order. */
export async function* inOrder<In, Out>(
  items: AsyncIterable<In>,
  atOnce: number,
  work: (item: In) => Promise<Out>,
): AsyncGenerator<{ item: In; result: Out }> {
  const underWay: { item: In; result: Promise<Out> }[] = [];
  const first = async () => {
    const { item, result } = underWay.shift() as { item: In; result: Promise<Out> };
    return { item, result: await result };
  };
  for await (const item of items) {
    const result = work(item);
    // Whoever takes it out hears of its failure; until then nobody listens.
    result.catch(() => undefined);
    underWay.push({ item, result });
    if (underWay.length >= atOnce) yield await first();
  }
  while (underWay.length > 0) yield await first();
}
