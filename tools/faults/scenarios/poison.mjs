import kafkajs from 'kafkajs';
import { submit, untilEnded } from '../pipeline.mjs';

const POISONS = [
  { name: 'noise', value: Buffer.from([0xff, 0xfe, 0, 1, 2]), headers: {} },
  { name: 'half an event', value: Buffer.from('{"specversion":"1.0","ty'), headers: {} },
  {
    name: 'a wrong payload',
    value: Buffer.from('{"runId":7}'),
    headers: {
      ce_specversion: '1.0',
      ce_id: 'poison',
      ce_source: '/poison',
      ce_type: 'run.requested',
      'content-type': 'application/json',
    },
  },
];

/** Every topic gets messages that cannot be decoded. They must go to the dead-letter queue and delay nothing. */
export const poison = {
  title: 'unreadable messages in every topic',
  async inject(cluster) {
    const kafka = new kafkajs.Kafka({ brokers: cluster.kafka.brokers, logLevel: kafkajs.logLevel.NOTHING });
    const [admin, producer] = [kafka.admin(), kafka.producer()];
    await Promise.all([admin.connect(), producer.connect()]);
    try {
      const topics = (await admin.listTopics()).filter((topic) => !/^__|\.dlq$/.test(topic));
      const before = await deadLetters(admin);
      for (const topic of topics)
        await producer.send({
          topic,
          messages: POISONS.map(({ value, headers }) => ({ key: 'poison', value, headers })),
        });
      const outcome = await untilEnded(cluster, await submit(cluster));
      const letters = (await deadLetters(admin)) - before;
      const sent = topics.length * POISONS.length;
      const injected = `${sent} in ${topics.length} topics, ${letters} dead letters`;
      // A topic that no group reads has no dead letters. Those of the stages have one for each message.
      return {
        outcome,
        injected,
        ...(letters === 0 && { problem: 'no message went to a dead-letter queue' }),
      };
    } finally {
      await Promise.all([admin.disconnect(), producer.disconnect()]);
    }
  },
};

async function deadLetters(admin) {
  let count = 0;
  for (const topic of (await admin.listTopics()).filter((name) => name.endsWith('.dlq')))
    for (const { high, low } of await admin.fetchTopicOffsets(topic)) count += Number(high) - Number(low);
  return count;
}
