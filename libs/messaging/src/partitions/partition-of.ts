import { Partitioners } from 'kafkajs';

const partitioner = Partitioners.DefaultPartitioner();

/**
 * The partition of a message, by the murmur2 hash of its key as in Kafka's own clients. So the embedded bus and Kafka
 * put a key into the same partition. Messages without a key go round-robin.
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
