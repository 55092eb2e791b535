import type { Delivery } from '../../message';
import { eventually, Latch, message, newTopic, textOf, uniqueName } from '../harness';
import type { DefineTest } from './define-test';

/** Order, start offsets of new groups, and missing topics. */
export function orderContract(guarantee: DefineTest): void {
  guarantee(
    'lets messages of independent keys pass each other in a partition, in order by key, and commits in order',
    async ({ bus, driver }) => {
      const topic = await newTopic(driver);
      const group = uniqueName('group');
      const latch = new Latch();
      const begun: string[] = [];
      const done: string[] = [];
      const subscription = await bus.subscribe({
        group,
        topics: [topic],
        independentKeys: true,
        concurrency: 2,
        handler: async (delivery, { signal }) => {
          begun.push(textOf(delivery));
          if (textOf(delivery) === 'a1') await latch.opened;
          if (textOf(delivery) === 'c2') {
            await new Promise<void>((left) => signal.addEventListener('abort', () => left()));
            done.push('left');
            throw new Error('given back');
          }
          done.push(textOf(delivery));
        },
      });
      await driver.publish(['a1', 'a2', 'b1', 'b2', 'c1'].map((text) => message(topic, text[0], text)));
      await eventually(
        () => done.length === 3,
        () => `b1, b2 and c1 done; ${done}`,
      );
      expect(done).toEqual(['b1', 'b2', 'c1']);
      expect((await driver.lag(group, [topic]))[0].committed).toBe(0);
      expect(subscription.oldest()).toHaveLength(1);
      latch.open();
      await eventually(
        async () => (await driver.lag(group, [topic]))[0].lag === 0,
        () => 'all committed',
      );
      expect(done.slice(3)).toEqual(['a1', 'a2']);
      await driver.publish([message(topic, 'c', 'c2'), message(topic, 'd', 'd1')]);
      await eventually(
        () => done.includes('d1'),
        () => `d1 done; ${begun}`,
      );
      await subscription.stop();
      expect(done.at(-1)).toBe('left');
      expect((await driver.lag(group, [topic]))[0].lag).toBe(2);
    },
  );

  guarantee(
    'keeps the order of each key, and delivers headers, key and bytes unchanged',
    async ({ driver }) => {
      const topic = await newTopic(driver, 4);
      const seen: Delivery[] = [];
      await driver.subscribe({
        group: uniqueName('group'),
        topics: [topic],
        concurrency: 4,
        handler: async (delivery) => void seen.push(delivery),
      });
      const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
      const sent = Array.from({ length: 20 }, (_, n) => keys.map((key) => message(topic, key, `${key}${n}`)));
      // Not awaited one by one, because the order of the calls must count.
      await Promise.all(sent.map((messages) => driver.publish(messages)));
      await driver.publish([{ topic, key: 'a', headers: { ce_id: 'ä' }, value: Buffer.from([0, 255, 10]) }]);
      await driver.publish([{ topic, key: 'b', headers: {}, value: null }]);
      await eventually(
        () => seen.length === 122,
        () => `122 messages; ${seen.length} came`,
      );
      for (const key of keys) {
        const texts = seen.filter((delivery) => delivery.key === key).map(textOf);
        expect(texts.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, n) => `${key}${n}`));
      }
      const special = seen.find(({ headers }) => headers['ce_id'] !== undefined)!;
      expect([special.headers['ce_id'], special.key, [...special.value!]]).toEqual(['ä', 'a', [0, 255, 10]]);
      expect(seen.some(({ value }) => value === null)).toBe(true);
      expect(Math.abs(Date.now() - special.timestamp)).toBeLessThan(60_000);
    },
  );

  guarantee('starts at the next message, or at the beginning', async ({ driver }) => {
    const topic = await newTopic(driver);
    await driver.publish([message(topic, 'k', 'before')]);
    const late: string[] = [];
    const all: string[] = [];
    const collect = (into: string[]) => async (delivery: Delivery) => void into.push(textOf(delivery));
    await driver.subscribe({ group: uniqueName('group'), topics: [topic], handler: collect(late) });
    await driver.subscribe({
      group: uniqueName('group'),
      topics: [topic],
      handler: collect(all),
      fromBeginning: true,
    });
    await driver.publish([message(topic, 'k', 'after')]);
    await eventually(
      () => late.length >= 1 && all.length >= 2,
      () => `${late} and ${all}`,
    );
    expect([late, all]).toEqual([['after'], ['before', 'after']]);
    expect((await driver.read(topic)).map(textOf)).toEqual(['before', 'after']);
  });

  guarantee('names the remedy for a missing topic', async ({ driver }) => {
    const topic = uniqueName('nowhere');
    await expect(driver.publish([message(topic, 'k', 'v')])).rejects.toThrow(
      `Topic "${topic}" does not exist. Create it`,
    );
    const handler = async () => undefined;
    await expect(driver.subscribe({ group: 'g', topics: [topic], handler })).rejects.toThrow(
      'does not exist',
    );
    expect(await driver.lag('g', [topic])).toEqual([]);
    await expect(driver.check()).resolves.toBeUndefined();
  });
}
