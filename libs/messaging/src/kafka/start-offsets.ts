import type { TopicPartition } from '../message';
import type { KafkaAdmin } from './kafka-admin';

/**
 * The offsets at which `group` starts in `partitions`: the committed ones, or else (`isNew`) the first ones. The caller commits
 * new ones before it handles a message. Otherwise, if a member dies before its first commit, its successor would start at
 * a later end of the topic and miss the messages in between.
 */
export async function startOffsets(
  admin: KafkaAdmin,
  group: string,
  partitions: readonly TopicPartition[],
  fromBeginning: boolean,
): Promise<Array<TopicPartition & { offset: number; isNew: boolean }>> {
  const topics = [...new Set(partitions.map(({ topic }) => topic))];
  if (topics.length === 0) return [];
  const committed = await admin.committed(group, topics);
  const known = partitions.map(({ topic, partition }) => ({
    topic,
    partition,
    offset: committed.get(topic)?.get(partition) ?? -1,
    isNew: false,
  }));
  const starts = known.filter(({ offset }) => offset >= 0);
  const unknown = known.filter(({ offset }) => offset < 0);
  for (const topic of new Set(unknown.map((partition) => partition.topic))) {
    const bounds = new Map((await admin.bounds(topic)).map((bound) => [bound.partition, bound]));
    for (const { partition } of unknown.filter((one) => one.topic === topic)) {
      const bound = bounds.get(partition);
      if (bound)
        starts.push({ topic, partition, offset: fromBeginning ? bound.start : bound.end, isNew: true });
    }
  }
  return starts;
}
