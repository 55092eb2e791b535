import { type Broker, kafkaIsMissing, startKafka } from '../../../tools/kafka/broker.cjs';
import { Bus } from './bus';
import type { BusDriver } from './driver';
import { EmbeddedDriver } from './embedded/embedded-driver';
import { listDeadLetters, PermanentError, replayDeadLetters } from './index';
import { KafkaDriver } from './kafka/kafka-driver';
import type { Delivery } from './message';
import { eventually, Latch, message, newTopic, textOf, uniqueName } from './testing/harness';

const SESSION_MILLISECONDS = 1500;

interface Store {
  /** A connection of its own, as another process would have; for the embedded bus there is only one. */
  connect(): BusDriver;
  close(): Promise<void>;
}

const stores: Record<string, () => Promise<Store>> = {
  embedded: async () => {
    const driver = new EmbeddedDriver();
    return { connect: () => driver, close: () => driver.close() };
  },
  kafka: async () => {
    const broker: Broker = await startKafka();
    const drivers: BusDriver[] = [];
    const connect = () => {
      const driver = new KafkaDriver({
        brokers: broker.brokers,
        sessionTimeoutMs: SESSION_MILLISECONDS,
        heartbeatIntervalMs: 200,
      });
      drivers.push(driver);
      return driver;
    };
    const close = async () => {
      await Promise.all(drivers.map((driver) => driver.close()));
      await broker.close();
    };
    return { connect, close };
  },
};

const quick = { attempts: 3, firstDelayMs: 5, maxDelayMs: 20 };

describe.each(Object.keys(stores))('the %s driver', (name) => {
  let store: Store | undefined;
  let driver: BusDriver;
  let bus: Bus;

  beforeAll(async () => {
    if (name === 'kafka' && !process.env['CI']) {
      const missing = await kafkaIsMissing();
      if (missing) return console.warn(`Not tested against a real Kafka broker: ${missing}`);
    }
    store = await stores[name]();
    driver = store.connect();
    bus = new Bus({ driver, retry: quick });
  }, 120_000);

  afterAll(() => store?.close(), 60_000);

  /** A test that needs the store. */
  const promise = (what: string, check: () => Promise<void>) =>
    it(what, async () => void (store && (await check())), 60_000);

  promise('keeps the order of each key, and brings headers, key and bytes unchanged', async () => {
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
    // Not awaited one by one: the order of the calls is what counts.
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
  });

  promise('starts at what comes after subscribing, or at the beginning', async () => {
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

  promise('tries again, then puts aside what cannot be handled; the partition goes on', async () => {
    const topic = await newTopic(driver);
    const group = uniqueName('group');
    const handled: string[] = [];
    const tries: Record<string, number> = {};
    await bus.subscribe({
      group,
      topics: [topic],
      handler: async (delivery, { attempt }) => {
        const text = textOf(delivery);
        tries[text] = attempt;
        if (text === 'poison') throw new Error('no');
        if (text === 'invalid') throw new PermanentError('never');
        if (text === 'flaky' && attempt < 3) throw new Error('not yet');
        handled.push(text);
      },
    });
    await bus.publish(['poison', 'flaky', 'invalid', 'good'].map((text) => message(topic, 'k', text)));
    await eventually(
      () => handled.includes('good'),
      () => `good among ${handled}`,
    );
    expect(handled).toEqual(['flaky', 'good']);
    expect(tries).toEqual({ poison: 3, flaky: 3, invalid: 1, good: 1 });

    const letters = await listDeadLetters(driver, topic);
    expect(
      letters.map(({ message: { value }, ...rest }) => ({ ...rest, text: value?.toString() })),
    ).toMatchObject([
      { text: 'poison', reason: 'failed', error: 'Error: no', attempts: 3, group, partition: 0, offset: 0 },
      { text: 'invalid', reason: 'invalid', error: 'PermanentError: never', attempts: 1, group, offset: 2 },
    ]);
    expect(letters[0].message).toMatchObject({ topic, key: 'k' });
  });

  promise('replays dead letters to the group that gave them up, and discards others', async () => {
    const topic = await newTopic(driver);
    const group = uniqueName('group');
    const [mine, others]: string[][] = [[], []];
    let broken = true;
    await bus.subscribe({
      group,
      topics: [topic],
      handler: async (delivery) => {
        if (broken) throw new PermanentError('broken');
        mine.push(textOf(delivery));
      },
    });
    const note = async (delivery: Delivery) => void others.push(textOf(delivery));
    await bus.subscribe({ group: uniqueName('group'), topics: [topic], handler: note });
    await bus.publish(['one', 'two', 'three'].map((text) => message(topic, 'k', text)));
    await eventually(
      async () => (await listDeadLetters(driver, topic)).length === 3,
      () => 'three dead letters',
    );
    broken = false;
    const first = await replayDeadLetters(driver, { topic, limit: 1 });
    expect(first).toEqual({ replayed: 1, discarded: 0, kept: 0 });
    expect((await listDeadLetters(driver, topic)).map((letter) => letter.message.value?.toString())).toEqual([
      'two',
      'three',
    ]);
    const decide = ({ message: { value } }: { message: { value: Buffer | null } }) =>
      value?.toString() === 'two' ? 'discard' : 'replay';
    expect(await replayDeadLetters(driver, { topic, decide })).toEqual({
      replayed: 1,
      discarded: 1,
      kept: 0,
    });
    await eventually(
      () => mine.length === 2,
      () => `two replayed; ${mine}`,
    );
    expect(mine).toEqual(['one', 'three']);
    expect(others).toEqual(['one', 'two', 'three']);
    expect(await listDeadLetters(driver, topic)).toEqual([]);
    expect(await replayDeadLetters(driver, { topic })).toEqual({ replayed: 0, discarded: 0, kept: 0 });
  });

  promise('delivers again what a member left unfinished', async () => {
    const topic = await newTopic(driver);
    const group = uniqueName('group');
    const begun: string[] = [];
    const member = await driver.subscribe({
      group,
      topics: [topic],
      handler: async (delivery, { signal }) => {
        begun.push(textOf(delivery));
        if (textOf(delivery) === 'first') return;
        await new Promise((_, reject) =>
          signal.addEventListener('abort', () => reject(new Error('given back'))),
        );
      },
    });
    await driver.publish([message(topic, 'k', 'first'), message(topic, 'k', 'second')]);
    await eventually(
      () => begun.length === 2,
      () => `two begun; ${begun}`,
    );
    await member.stop();
    const done: string[] = [];
    await store!
      .connect()
      .subscribe({ group, topics: [topic], handler: async (d) => void done.push(textOf(d)) });
    await eventually(
      () => done.length === 1,
      () => 'the second message',
    );
    expect(done).toEqual(['second']);
  });

  promise(
    'shares partitions among members that come and go; nothing is lost, nothing disturbed',
    async () => {
      const topic = await newTopic(driver, 6);
      const group = uniqueName('group');
      const handled: Array<{ member: number; text: string }> = [];
      const join = (member: number) =>
        store!.connect().subscribe({
          group,
          topics: [topic],
          handler: async (delivery) => {
            await new Promise((resolve) => setTimeout(resolve, 10));
            handled.push({ member, text: textOf(delivery) });
          },
        });
      const first = await join(1);
      let sent = 0;
      let publishing = true;
      const publisher = (async () => {
        while (publishing) {
          await driver.publish([message(topic, `key${sent % 30}`, String(sent))]);
          sent += 1;
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      })();
      const hasWorked = (member: number) => () => handled.filter((one) => one.member === member).length >= 10;
      const [second, third] = [await join(2), await join(3)];
      for (const member of [1, 2, 3]) await eventually(hasWorked(member), () => `work for member ${member}`);
      await second.stop();
      await first.stop();
      const before = handled.length;
      await eventually(
        () => handled.length > before + 20,
        () => 'work for the third member alone',
      );
      publishing = false;
      await publisher;
      const distinct = () => new Set(handled.map(({ text }) => text)).size;
      await eventually(
        () => distinct() === sent,
        () => `all ${sent} messages; ${distinct()} came`,
      );
      // Everybody finished what they had begun, and it was committed before its partition moved.
      expect(handled).toHaveLength(sent);
      await third.stop();
    },
  );

  promise('keeps a partition whose handler takes longer than the session lasts', async () => {
    const topic = await newTopic(driver, 2);
    const group = uniqueName('group');
    const done: string[] = [];
    const begun: string[] = [];
    const handler = async (delivery: Delivery) => {
      begun.push(textOf(delivery));
      if (textOf(delivery) === 'long')
        await new Promise((resolve) => setTimeout(resolve, 3 * SESSION_MILLISECONDS));
      done.push(textOf(delivery));
    };
    const first = await driver.subscribe({ group, topics: [topic], handler });
    await driver.publish([message(topic, 'k', 'long'), message(topic, 'k', 'next')]);
    await eventually(
      () => begun.length === 1,
      () => 'the long one to begin',
    );
    // A member that joins meanwhile must not be given the partition in work.
    const second = await store!.connect().subscribe({ group, topics: [topic], handler });
    await eventually(
      () => done.length === 2,
      () => `both done; ${done}`,
    );
    expect(begun).toEqual(['long', 'next']);
    await Promise.all([first.stop(), second.stop()]);
    expect((await driver.lag(group, [topic])).reduce((sum, { lag }) => sum + lag, 0)).toBe(0);
  });

  promise('finishes the message in hand when it stops, and starts no other', async () => {
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
    await driver.publish([message(topic, 'k', 'in hand'), message(topic, 'k', 'waiting')]);
    await eventually(
      () => begun.length === 1,
      () => 'the first to begin',
    );
    const stopped = subscription.stop();
    latch.open();
    await stopped;
    expect([begun, done]).toEqual([['in hand'], ['in hand']]);
    expect(await driver.lag(group, [topic])).toEqual([{ topic, partition: 0, committed: 1, end: 2, lag: 1 }]);
  });

  promise('starts nothing while it is paused, and tells lag and age meanwhile', async () => {
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

  promise('keeps a dead letter that is to wait, behind the others', async () => {
    const topic = await newTopic(driver);
    const handler = () => Promise.reject(new PermanentError('broken'));
    await bus.subscribe({ group: uniqueName('group'), topics: [topic], handler });
    await bus.publish(['one', 'two'].map((text) => message(topic, 'k', text)));
    const lettersOf = async () =>
      (await listDeadLetters(driver, topic)).map((one) => one.message.value?.toString());
    await eventually(
      async () => (await lettersOf()).length === 2,
      () => 'two dead letters',
    );
    const kept = await replayDeadLetters(driver, { topic, limit: 1, decide: () => 'keep' });
    expect(kept).toEqual({ replayed: 0, discarded: 0, kept: 1 });
    expect(await lettersOf()).toEqual(['two', 'one']);
    const fail = () => {
      throw new Error('cannot decide');
    };
    await expect(replayDeadLetters(driver, { topic, decide: fail })).rejects.toThrow('cannot decide');
    expect(await lettersOf()).toEqual(['two', 'one']);
  });

  promise('refuses a concurrency that cannot be', async () => {
    const topics = [await newTopic(driver)];
    const handler = async () => undefined;
    for (const concurrency of [0, -1, 1.5]) {
      const options = { group: 'g', topics, handler, concurrency };
      await expect(driver.subscribe(options)).rejects.toThrow(`concurrency is ${concurrency}`);
    }
  });

  promise('says what to do about a topic that does not exist', async () => {
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
});
