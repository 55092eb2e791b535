import type { TopicPartition } from '../message';
import type { KafkaAdmin } from './kafka-admin';

/**
 * Where `group` starts in `partitions`: where it committed, or else (`isNew`) where it begins. The latter is committed before anything else: a
 * member that dies before its first message would otherwise leave no trace, and its successor would start at what
 * comes later and miss what came between.
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
