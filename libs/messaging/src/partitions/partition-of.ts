import { Partitioners } from 'kafkajs';

const partitioner = Partitioners.DefaultPartitioner();

/**
 * The partition of a message by the hash of its key (murmur2, as Kafka's own clients take it), so that the embedded
 * bus and Kafka put a key in the same place; without a key, in turn.
 */
export function partitionOf(topic: string, key: string | null, partitions: number): number {
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionErrorCode: 0,
    partitionId,
    leader: 1,
    replicas: [1],
    isr: [1],
  }));
  return partitioner({ topic, partitionMetadata, message: { key, value: null } });
}
