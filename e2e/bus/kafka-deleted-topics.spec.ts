import { KafkaDriver, type KafkaOptions } from '@open-chatgpt/messaging';
import { eventually, Latch, message, newTopic, textOf, uniqueName } from '@open-chatgpt/messaging/testing';
import { type Broker, startKafka } from '@open-chatgpt/tools/kafka/broker.cjs';
import { type Admin, Kafka, logLevel } from 'kafkajs';

describe('when somebody deletes a topic while services run', () => {
  let broker: Broker;
  let admin: Admin;
  let driver: KafkaDriver;
  const lines: string[] = [];

  const connect = (options: Partial<KafkaOptions> = {}) =>
    new KafkaDriver({
      brokers: broker.brokers,
      sessionTimeoutMs: 1500,
      heartbeatIntervalMs: 200,
      ...options,
    });

  beforeAll(async () => {
    broker = await startKafka();
    admin = new Kafka({ brokers: broker.brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const log = (fields: object, line: string) => void lines.push(`${line} ${JSON.stringify(fields)}`);
    driver = connect({ logger: { debug: log, info: log, warn: log, error: log } });
  }, 120_000);
  afterAll(async () => {
    await driver?.close();
    await admin?.disconnect();
    await broker?.close();
  }, 60_000);

  /** A topic with a member that has handled three messages, the last of which may still run. */
  async function used(last: Promise<unknown> = Promise.resolve()) {
    const topic = await newTopic(driver);
    const group = uniqueName('group');
    const seen: string[] = [];
    const subscription = await driver.subscribe({
      group,
      topics: [topic],
      handler: async (delivery) => {
        seen.push(textOf(delivery));
        if (textOf(delivery) === 'c') await last;
      },
    });
    const publish = (...texts: string[]) => driver.publish(texts.map((text) => message(topic, 'k', text)));
    const toSee = (...texts: string[]) =>
      eventually(
        () => seen.length >= texts.length,
        () => `${texts}; seen ${seen}; ${lines.slice(-5).join('\n')}`,
        60,
      ).then(() => expect(seen).toEqual(texts));
    const toCommit = (offset: number) =>
      eventually(
        async () => (await driver.lag(group, [topic]))[0]?.committed === offset,
        () => `a commit of ${offset}`,
        60,
      );
    await publish('a', 'b', 'c');
    await toSee('a', 'b', 'c');
    return { topic, publish, toSee, toCommit, stop: () => subscription.stop() };
  }

  it('is not ready and names the topic, creates it again, and the group handles its messages', async () => {
    const { topic, publish, toSee, toCommit, stop } = await used();
    await toCommit(3);
    await admin.deleteTopics({ topics: [topic] });
    await eventually(
      () =>
        driver.check().then(
          () => false,
          ({ message }) => message.includes(`Kafka has no topic ${topic}.`),
        ),
      () => 'the check to name the topic',
    );
    await eventually(
      () =>
        driver.check().then(
          () => true,
          () => false,
        ),
      () => 'the check to pass',
      60,
    );
    expect(lines.join('\n')).toContain(`Topics were deleted; creating them again {"topics":["${topic}"]}`);
    await publish('d', 'e');
    await toSee('a', 'b', 'c', 'd', 'e');
    await toCommit(2);
    await stop();
  }, 120_000);

  it('handles the messages of a topic that another process has created again at once', async () => {
    const { topic, publish, toSee, toCommit, stop } = await used();
    await toCommit(3);
    await admin.deleteTopics({ topics: [topic] });
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
    await publish('d', 'e');
    await toSee('a', 'b', 'c', 'd', 'e');
    await toCommit(2);
    await stop();
  }, 120_000);

  it('lets a running handler finish, and does not count its message in the new topic', async () => {
    const latch = new Latch();
    const { topic, publish, toSee, toCommit, stop } = await used(latch.opened);
    await toCommit(2);
    await admin.deleteTopics({ topics: [topic] });
    await eventually(
      () => lines.some((line) => line.startsWith('Topics were deleted and') && line.includes(topic)),
      () => 'the subscription to start over',
      60,
    );
    await publish('d', 'e');
    latch.open();
    await toSee('a', 'b', 'c', 'd', 'e');
    await toCommit(2);
    await stop();
  }, 120_000);

  it('refuses to publish to a topic that it has not created', async () => {
    const other = connect();
    const [first, second] = [await newTopic(driver), uniqueName('topic')];
    await other.ensureTopics([{ name: first }]);
    await admin.createTopics({ topics: [{ topic: second, numPartitions: 1 }], waitForLeaders: true });
    await other.publish([message(second, 'k', 'a')]);
    await admin.deleteTopics({ topics: [second] });
    await expect(other.publish([message(second, 'k', 'b')])).rejects.toThrow(
      `Topic "${second}" does not exist`,
    );
    await other.close();
  }, 120_000);
});
