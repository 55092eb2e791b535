import { partitionId, type TopicPartition } from '../message';
import type { KafkaAdmin } from './kafka-admin';

export interface Position extends TopicPartition {
  /** The offset of the next message. */
  readonly next: number;
  /** Whether the group has a committed offset, unless the topic was deleted meanwhile. */
  readonly isCommitted: boolean;
}

/**
 * Finds the partitions whose topic was deleted and created again: its offsets count from 0 again, so that the member would
 * take new messages for handled ones. Kafka deletes the committed offsets with the topic.
 * @returns their first offsets; `isSure` is false where the group has a committed offset, and the position is beyond the end of
 *   the partition: a new leader may report an end that is too small for a moment
 */
export async function newStarts(
  admin: KafkaAdmin,
  group: string,
  positions: readonly Position[],
): Promise<Array<TopicPartition & { offset: number; isSure: boolean }>> {
  const topics = [...new Set(positions.map(({ topic }) => topic))];
  if (topics.length === 0) return [];
  const committed = await admin.committed(group, topics);
  // Asked for after the positions were read: an end never decreases.
  const bounds = new Map(
    (
      await Promise.all(
        topics.map(async (topic) =>
          (await admin.bounds(topic)).map((bound) => [partitionId({ topic, ...bound }), bound] as const),
        ),
      )
    ).flat(),
  );
  return positions.flatMap(({ topic, partition, next, isCommitted }) => {
    const bound = bounds.get(partitionId({ topic, partition }));
    // Before the start are positions whose messages Kafka no longer keeps.
    if (!bound || next < bound.start) return [];
    const isSure = isCommitted && (committed.get(topic)?.get(partition) ?? -1) < 0;
    return isSure || next > bound.end ? [{ topic, partition, offset: bound.start, isSure }] : [];
  });
}
