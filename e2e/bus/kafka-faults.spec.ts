import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { KafkaDriver } from '@open-chatgpt/messaging';
import { eventually, message, newTopic, textOf, uniqueName } from '@open-chatgpt/messaging/testing';
import { type Broker, startKafka } from '@open-chatgpt/tools/kafka/broker.cjs';

type Subscription = Parameters<KafkaDriver['subscribe']>[0];
type Delivery = Parameters<Subscription['handler']>[0];

/** A few seconds keep the suite fast. Set it to 30 or more to test a long outage. */
const OUTAGE_SECONDS = Number(process.env['OUTAGE_SECONDS'] ?? 5);

describe('when Kafka or a member fails', () => {
  let broker: Broker;
  let driver: KafkaDriver;
  let consumer: ChildProcess | undefined;

  beforeAll(async () => {
    broker = await startKafka();
    driver = new KafkaDriver({ brokers: broker.brokers, sessionTimeoutMs: 1500, heartbeatIntervalMs: 200 });
  }, 120_000);

  afterAll(async () => {
    consumer?.kill('SIGKILL');
    await driver?.close();
    await broker?.close();
  }, 60_000);

  it('redelivers the message of a killed member to another member', async () => {
    const topic = await newTopic(driver);
    const group = uniqueName('group');
    const program = join(__dirname, '..', 'testing', 'consumer-process.cjs');
    consumer = spawn(process.execPath, [program, broker.brokers[0], group, topic], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    consumer.stdout!.on('data', (data) => {
      printed += data;
    });
    await eventually(
      () => printed.includes('joined'),
      () => `the consumer to join; ${printed}`,
    );
    await driver.publish(['done', 'hang', 'after'].map((text) => message(topic, 'k', text)));
    await eventually(
      () => printed.includes('begun hang'),
      () => `the second message to begin; ${printed}`,
    );
    await eventually(
      async () => (await driver.lag(group, [topic]))[0].committed === 1,
      () => 'the first message to be committed',
    );
    consumer.kill('SIGKILL');
    await once(consumer, 'exit');
    const seen: string[] = [];
    await driver.subscribe({
      group,
      topics: [topic],
      handler: async (delivery) => void seen.push(textOf(delivery)),
    });
    await eventually(
      () => seen.length === 2,
      () => `two messages; ${seen}`,
    );
    expect(seen).toEqual(['hang', 'after']);
  });

  it('survives an outage of the broker: no message is lost, the order is kept, running handlers finish', async () => {
    const topic = await newTopic(driver, 2);
    const group = uniqueName('group');
    const seen: Delivery[] = [];
    let started = false;
    await driver.subscribe({
      group,
      topics: [topic],
      concurrency: 2,
      handler: async (delivery) => {
        if (textOf(delivery) === 'long') {
          started = true;
          await new Promise((resolve) => setTimeout(resolve, (OUTAGE_SECONDS + 2) * 1000));
        }
        seen.push(delivery);
      },
    });
    await driver.publish([message(topic, 'long', 'long')]);
    await eventually(
      () => started,
      () => 'the long message to begin',
    );
    let sent = 0;
    let publishing = true;
    const publisher = (async () => {
      while (publishing) {
        await driver.publish([message(topic, `k${sent % 5}`, String(sent))]);
        sent += 1;
      }
    })();
    await eventually(
      () => sent > 20,
      () => 'some messages before the outage',
    );
    await broker.kill();
    await expect(driver.check()).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, OUTAGE_SECONDS * 1000));
    const before = sent;
    await broker.start();
    await eventually(
      () => sent > before + 20,
      () => `publishing to go on; ${sent} sent`,
      60,
    );
    publishing = false;
    await publisher;
    const distinct = () => new Set(seen.map(textOf)).size;
    await eventually(
      () => distinct() === sent + 1,
      () => `all ${sent + 1} messages; ${distinct()} came`,
      30,
    );
    expect(seen.filter((delivery) => textOf(delivery) === 'long')).toHaveLength(1);
    for (const key of ['k0', 'k1', 'k2', 'k3', 'k4']) {
      const numbers = [
        ...new Set(seen.filter((delivery) => delivery.key === key).map((d) => Number(textOf(d)))),
      ];
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    }
    await eventually(
      async () => (await driver.lag(group, [topic])).every(({ lag }) => lag === 0),
      () => 'everything to be committed',
    );
    await expect(driver.check()).resolves.toBeUndefined();
  }, 150_000);
});
