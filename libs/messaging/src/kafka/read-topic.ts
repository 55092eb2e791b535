import { randomUUID } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import type { Delivery } from '../message';
import type { KafkaAdmin } from './kafka-admin';
import { toDelivery } from './to-delivery';

/** Reads `topic` from its beginning to its current end, in a temporary group that is deleted afterwards. */
export async function readTopic(kafka: Kafka, admin: KafkaAdmin, topic: string): Promise<Delivery[]> {
  const unread = new Map(
    (await admin.bounds(topic))
      .filter(({ start, end }) => end > start)
      .map(({ partition, end }) => [partition, end]),
  );
  if (unread.size === 0) return [];
  const group = `open-chatgpt-read-${randomUUID()}`;
  const consumer = kafka.consumer({ groupId: group, maxWaitTimeInMs: 500, allowAutoTopicCreation: false });
  const deliveries: Delivery[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      // Only batch events report the end of a partition whose last offsets hold no message (compacted, or a transaction marker).
      consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { partition, lastOffset } }) => {
        if (Number(lastOffset) + 1 >= (unread.get(partition) ?? 0)) unread.delete(partition);
        if (unread.size === 0) resolve();
      });
      const run = async () => {
        await consumer.connect();
        await consumer.subscribe({ topic, fromBeginning: true });
        await consumer.run({
          autoCommit: false,
          eachBatch: async ({ batch: { partition, messages } }) => {
            const end = unread.get(partition) ?? 0;
            const wanted = messages.filter(({ offset }) => Number(offset) < end);
            deliveries.push(...wanted.map((message) => toDelivery({ topic, partition }, message)));
          },
        });
      };
      run().catch(reject);
    });
  } finally {
    await consumer.disconnect();
    await admin.deleteGroup(group).catch(() => undefined);
  }
  return deliveries.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}
