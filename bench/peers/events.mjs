/** One step: the same bytes by plain kafkajs, as its documentation shows it: a producer, and a consumer with eachMessage. */
import { createRequire } from 'node:module';
import { Counter, measureStep, progressOf, SHAPE } from '../events/measure.mjs';
import { serve } from '../ours/serve.mjs';

const require = createRequire(import.meta.url);
const { Kafka, logLevel, Partitioners } = require('kafkajs');
const { createEvent, toBinaryMessage } = require('@open-chatgpt/events');

const { brokers, topic } = JSON.parse(process.argv[2]);
const kafka = new Kafka({ clientId: 'bench', brokers, logLevel: logLevel.NOTHING });
const admin = kafka.admin();
await admin.connect();
await admin.createTopics({ topics: [{ topic, numPartitions: SHAPE.partitions }], waitForLeaders: true });
await admin.disconnect();

/** Made before anything is timed: the peer does not pay for our envelope. */
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
