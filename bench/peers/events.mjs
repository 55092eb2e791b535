/** One step: the same bytes with plain kafkajs, as in its documentation: a producer, and a consumer with eachMessage. */

import { createEvent, toBinaryMessage } from '@open-chatgpt/events';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { Counter, measureStep, progressOf, SHAPE } from '../events/measure.mjs';
import { serve } from '../ours/serve.mjs';

const { brokers, topic } = JSON.parse(process.argv[2]);
const kafka = new Kafka({ clientId: 'bench', brokers, logLevel: logLevel.NOTHING });
const admin = kafka.admin();
await admin.connect();
await admin.createTopics({ topics: [{ topic, numPartitions: SHAPE.partitions }], waitForLeaders: true });
await admin.disconnect();

/** Created before the clock starts: the time of our envelope is not the peer's. */
const messages = Array.from({ length: SHAPE.events }, (_, index) => {
  const event = createEvent('run.progressed', progressOf(index % SHAPE.senders, index), { source: '/bench' });
  const { key, headers, value } = toBinaryMessage(event);
  return { key, headers, value: Buffer.from(value) };
});
const messageOf = (sender, index) => {
  const rounds = messages.length / SHAPE.senders;
  return messages[(Math.floor(index / SHAPE.senders) % rounds) * SHAPE.senders + sender];
};
const counter = new Counter();
const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
const consumer = kafka.consumer({ groupId: `bench-${process.pid}` });
await Promise.all([producer.connect(), consumer.connect()]);
await consumer.subscribe({ topics: [topic] });
const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
await consumer.run({
  eachMessage: async () => {
    counter.handled();
    counter.done();
  },
});
await joined;

await serve(() =>
  measureStep(
    {
      send: (sender, index) => producer.send({ topic, acks: -1, messages: [messageOf(sender, index)] }),
      sendMany: (many) =>
        producer.send({ topic, acks: -1, messages: many.map(([sender, index]) => messageOf(sender, index)) }),
      pause: () => consumer.pause([{ topic }]),
      resume: () => consumer.resume([{ topic }]),
    },
    counter,
  ),
);
