import { LatestOnlyQueue } from './latest-only-queue';

describe('LatestOnlyQueue', () => {
  it('works one at a time, and only the newest waits', async () => {
    const begun: number[] = [];
    const discarded: number[] = [];
    const open: (() => void)[] = [];
    const work = (thing: number) => {
      begun.push(thing);
      return new Promise<void>((resolve) => open.push(resolve));
    };
    const queue = new LatestOnlyQueue(work, (thing) => discarded.push(thing));
    for (const thing of [1, 2, 3, 4]) queue.offer(thing);
    expect(begun).toEqual([1]);
    expect(discarded).toEqual([2, 3]);

    let finished = false;
    const end = queue.finish().then(() => {
      finished = true;
    });
    open.shift()?.();
    await new Promise(setImmediate);
    expect([begun, finished]).toEqual([[1, 4], false]);
    open.shift()?.();
    await end;

    await queue.finish();
    queue.offer(5);
    expect(begun).toEqual([1, 4, 5]);
    open.shift()?.();
    await queue.finish();
    expect(discarded).toEqual([2, 3]);
  });
});
