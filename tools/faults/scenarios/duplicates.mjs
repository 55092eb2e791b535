import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { submit, untilEnded } from '../pipeline.mjs';
import { randomOf } from '../random.mjs';

const DUPLICATE = 'faults-duplicate';
const LATEST_MS = 3000;

/** Every message is sent again up to three seconds later, after others that were sent behind it. */
export const duplicates = {
  title: 'every event twice, the second one late and out of order',
  async inject(cluster, { seed }) {
    const random = randomOf(seed);
    const kafka = new kafkajs.Kafka({ brokers: cluster.kafka.brokers, logLevel: kafkajs.logLevel.NOTHING });
    const [admin, producer] = [kafka.admin(), kafka.producer()];
    const consumer = kafka.consumer({ groupId: `faults-${seed}` });
    await Promise.all([admin.connect(), producer.connect(), consumer.connect()]);
    const pending = new Set();
    let sent = 0;
    try {
      const topics = (await admin.listTopics()).filter((topic) => !/^__|\.dlq$/.test(topic));
      await consumer.subscribe({ topics, fromBeginning: false });
      await consumer.run({
        async eachMessage({ topic, message: { key, value, headers = {} } }) {
          if (headers[DUPLICATE]) return;
          const later = sleep(random() * LATEST_MS)
            .then(() =>
              producer.send({
                topic,
                messages: [{ key, value, headers: { ...headers, [DUPLICATE]: 'yes' } }],
              }),
            )
            .then(() => {
              sent++;
              pending.delete(later);
            });
          pending.add(later);
        },
      });
      const outcome = await untilEnded(cluster, await submit(cluster));
      return { outcome, injected: `${sent} events sent again` };
    } finally {
      await consumer.disconnect();
      await Promise.all(pending);
      await Promise.all([admin.disconnect(), producer.disconnect()]);
    }
  },
};
