import { PreconditionFailedError } from '../../errors';
import type { ObjectStore, WriteCondition } from '../../object-store';
import { bytes, read, text } from '../bytes';
import { increment } from '../increment';
import { keysOf } from '../keys-of';
import { runStoreProcess } from '../run-store-process';
import { PART_SIZE, type StoreContract } from './contract';

export const conditionalWritesContract: StoreContract = (open, addressOf) => {
  let store: ObjectStore;
  beforeEach(() => {
    store = open();
  });

  /** Writes all bodies concurrently. @returns the indices of the successful writes; all others failed by the condition */
  async function race(bodies: readonly Buffer[], condition: WriteCondition): Promise<number[]> {
    const results = await Promise.allSettled(bodies.map((body) => store.put('a', body, condition)));
    const won = results.flatMap(({ status }, i) => (status === 'fulfilled' ? [i] : []));
    const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(reasons.filter((reason) => !(reason instanceof PreconditionFailedError))).toEqual([]);
    return won;
  }

  it('create-only: the first write succeeds, the second fails', async () => {
    const { etag } = await store.put('a', Buffer.from('first'), { ifNoneMatch: '*' });
    const failure = await store.put('a', Buffer.from('second'), { ifNoneMatch: '*' }).catch((error) => error);
    expect(failure).toBeInstanceOf(PreconditionFailedError);
    expect(failure.message).toMatch(/"a" was not written: it exists already; read it again and decide/);
    expect(await text(store, 'a')).toBe('first');
    expect((await store.head('a'))?.etag).toBe(etag);
  });

  it('compare-and-swap: replaces only the version that was read', async () => {
    const first = await store.put('a', Buffer.from('1'));
    const second = await store.put('a', Buffer.from('2'), { ifMatch: first.etag });
    const failure = await store.put('a', Buffer.from('3'), { ifMatch: first.etag }).catch((error) => error);
    expect(failure).toBeInstanceOf(PreconditionFailedError);
    expect(failure.message).toContain(`its etag is not ${first.etag}`);
    await expect(store.put('a', Buffer.from('3'), { ifMatch: second.etag })).resolves.toMatchObject({
      size: 1,
    });
    expect(await text(store, 'a')).toBe('3');
  });

  it('compare-and-swap: fails for a deleted object', async () => {
    const { etag } = await store.put('a', Buffer.from('1'));
    await store.delete('a');
    await expect(store.put('a', Buffer.from('2'), { ifMatch: etag })).rejects.toThrow(
      PreconditionFailedError,
    );
    expect(await keysOf(store)).toEqual([]);
  });

  it('exactly one of twenty concurrent creates succeeds', async () => {
    const bodies = Array.from({ length: 20 }, (_, i) => Buffer.from(`writer ${i}`));
    const won = await race(bodies, { ifNoneMatch: '*' });
    expect(won).toHaveLength(1);
    expect(await text(store, 'a')).toBe(`writer ${won[0]}`);
  });

  it('exactly one of twenty concurrent swaps of the same version succeeds', async () => {
    const { etag } = await store.put('a', Buffer.from('old'));
    const bodies = Array.from({ length: 20 }, (_, i) => Buffer.from(`writer ${i}`));
    const won = await race(bodies, { ifMatch: etag });
    expect(won).toHaveLength(1);
    expect(await text(store, 'a')).toBe(`writer ${won[0]}`);
  });

  it('the same holds for large objects in several parts', async () => {
    const bodiesOf = (round: number) =>
      Array.from({ length: 4 }, (_, i) => bytes(PART_SIZE + 1000, 10 * round + i));
    const created = bodiesOf(0);
    const [creator, ...noMore] = await race(created, { ifNoneMatch: '*' });
    expect(noMore).toEqual([]);
    expect((await read(store, 'a')).equals(created[creator])).toBe(true);
    // Each round writes different bytes. Equal bytes would keep the etag, and a second swap would be correct.
    for (const round of [1, 2, 3]) {
      const { etag } = (await store.head('a'))!;
      const bodies = bodiesOf(round);
      const [swapper, ...others] = await race(bodies, { ifMatch: etag });
      expect(others).toEqual([]);
      expect((await read(store, 'a')).equals(bodies[swapper])).toBe(true);
    }
    expect(await store.removePartialWrites(new Date(Date.now() + 60_000))).toBe(0);
  });

  it('a counter loses none of twenty concurrent increments', async () => {
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        for (let i = 0; i < 3; i++) await increment(store, 'counter');
      }),
    );
    expect(await text(store, 'counter')).toBe('60');
  });
  it('a counter loses no increment of four processes', async () => {
    const work = () => runStoreProcess(addressOf(store), ['increment', 'counter', 10]);
    const ended = await Promise.all([work(), work(), work(), work()]);
    expect(ended.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(await text(store, 'counter')).toBe('40');
  });
};
