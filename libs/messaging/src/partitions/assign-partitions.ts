import { partitionId, type TopicPartition } from '../message';

export interface GroupMember {
  readonly id: string;
  readonly topics: readonly string[];
  /** The partitions whose messages it is handling; it keeps them. */
  readonly claims: readonly TopicPartition[];
}

/**
 * Distributes `partitions` over the members of a group. A partition stays with the member that is handling one of its
 * messages, so that no work is repeated. Each of the others goes, in order, to the member with the fewest.
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
    const subscribers = inOrder
      .filter(({ topics }) => topics.includes(partition.topic))
      .map(({ id }) => shares.get(id)!);
    if (subscribers.length === 0) continue;
    subscribers.reduce((least, share) => (share.length < least.length ? share : least)).push(partition);
  }
  return shares;
}
