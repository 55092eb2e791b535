import type { Delivery } from '../../message';
import { eventually, Latch, message, newTopic, textOf, uniqueName } from '../harness';
import type { DefineTest } from './define-test';

/** Stopping, pausing and observing a subscription. */
export function controlContract(guarantee: DefineTest): void {
  guarantee('finishes the running handler when it stops, and starts no other', async ({ driver }) => {
    const topic = await newTopic(driver);
    const group = uniqueName('group');
    const latch = new Latch();
    const begun: string[] = [];
    const done: string[] = [];
    const subscription = await driver.subscribe({
      group,
      topics: [topic],
      handler: async (delivery) => {
        begun.push(textOf(delivery));
        await latch.opened;
        done.push(textOf(delivery));
      },
    });
    await driver.publish([message(topic, 'k', 'running'), message(topic, 'k', 'waiting')]);
    await eventually(
      () => begun.length === 1,
      () => 'the first to begin',
    );
    const stopped = subscription.stop();
    latch.open();
    await stopped;
    expect([begun, done]).toEqual([['running'], ['running']]);
    expect(await driver.lag(group, [topic])).toEqual([{ topic, partition: 0, committed: 1, end: 2, lag: 1 }]);
  });

  guarantee('starts no handler while it is paused, and reports lag and age meanwhile', async ({ driver }) => {
    const topic = await newTopic(driver);
    const group = uniqueName('group');
    const done: string[] = [];
    const handler = async (delivery: Delivery) => void done.push(textOf(delivery));
    const subscription = await driver.subscribe({ group, topics: [topic], handler });
    subscription.pause();
    await driver.publish([message(topic, 'k', 'one'), message(topic, 'k', 'two')]);
    await eventually(
      () => subscription.oldest().length === 1,
      () => 'the oldest message',
    );
    expect((await driver.lag(group, [topic]))[0].lag).toBe(2);
    expect(Date.now() - subscription.oldest()[0].timestamp).toBeLessThan(60_000);
    expect(done).toEqual([]);
    subscription.resume();
    await eventually(
      async () => (await driver.lag(group, [topic]))[0].lag === 0,
      () => 'a lag of 0',
    );
    expect(done).toEqual(['one', 'two']);
    expect(subscription.oldest()).toEqual([]);
  });

  guarantee('delivers the next message without delay after a short handler', async ({ driver }) => {
    const topic = await newTopic(driver, 6);
    let begins: (at: number) => void = () => undefined;
    const handler = async () => {
      begins(performance.now());
      await new Promise((resolve) => setTimeout(resolve, 20));
    };
    const subscription = await driver.subscribe({ group: uniqueName('group'), topics: [topic], handler });
    const waits: number[] = [];
    for (let i = 0; i < 9; i++) {
      const began = new Promise<number>((resolve) => {
        begins = resolve;
      });
      const sent = performance.now();
      await driver.publish([message(topic, 'k', String(i))]);
      waits.push((await began) - sent);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    // A fetch without this partition would take half a second. The limit leaves room for a busy machine.
    expect(waits.sort((a, b) => a - b)[4]).toBeLessThan(250);
    await subscription.stop();
  });

  guarantee('gives topics that several processes create at once to each of them', async ({ connect }) => {
    for (let round = 0; round < 5; round++) {
      const topics = [uniqueName('topic'), uniqueName('topic')];
      const driversOfProcesses = Array.from({ length: 4 }, connect);
      await Promise.all(
        driversOfProcesses.map(async (driver) => {
          await driver.ensureTopics(topics.map((name) => ({ name })));
          expect(await driver.read(topics[1])).toEqual([]);
        }),
      );
    }
  });

  guarantee('rejects an invalid concurrency', async ({ driver }) => {
    const topics = [await newTopic(driver)];
    const handler = async () => undefined;
    for (const concurrency of [0, -1, 1.5]) {
      const options = { group: 'g', topics, handler, concurrency };
      await expect(driver.subscribe(options)).rejects.toThrow(`concurrency is ${concurrency}`);
    }
  });
}
