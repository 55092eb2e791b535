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

/** In every topic lie messages that nobody can read: they must end among the dead letters, and hold nothing up. */
export const poison = {
  title: 'unreadable messages in every topic',
  async inflict(cluster) {
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
      const inflicted = `${sent} in ${topics.length} topics, ${letters} dead letters`;
      // Topics that no group reads have no dead letters; the stages' own have at least one a poison.
      return { outcome, inflicted, ...(letters === 0 && { problem: 'no poison is among the dead letters' }) };
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
