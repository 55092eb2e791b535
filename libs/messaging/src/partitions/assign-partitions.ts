import { partitionId, type TopicPartition } from '../message';

export interface GroupMember {
  readonly id: string;
  readonly topics: readonly string[];
  /** The partitions that it is at work on and keeps. */
  readonly claims: readonly TopicPartition[];
}

/**
 * Shares `partitions` among the members of a group. A partition stays with the member that is at work on it, so that
 * nobody repeats its work; the others go, in order, to whoever has fewest.
 */
export function assignPartitions(
  members: readonly GroupMember[],
  partitions: readonly TopicPartition[],
): Map<string, TopicPartition[]> {
  const inOrder = [...members].sort((a, b) => (a.id < b.id ? -1 : 1));
  const shares = new Map<string, TopicPartition[]>(inOrder.map(({ id }) => [id, []]));
  const open = new Map(partitions.map((partition) => [partitionId(partition), partition]));
  for (const { id, topics, claims } of inOrder) {
    for (const claim of claims) {
      if (!topics.includes(claim.topic) || !open.delete(partitionId(claim))) continue;
      shares.get(id)!.push({ topic: claim.topic, partition: claim.partition });
    }
  }
  for (const partition of open.values()) {
    const takers = inOrder
      .filter(({ topics }) => topics.includes(partition.topic))
      .map(({ id }) => shares.get(id)!);
    if (takers.length === 0) continue;
    takers.reduce((least, share) => (share.length < least.length ? share : least)).push(partition);
  }
  return shares;
}
