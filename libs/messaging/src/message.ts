/** A message as every driver takes it. Headers are text. The value is bytes, or null for a tombstone. */
export interface BusMessage {
  readonly topic: string;
  /** Messages of one key keep their order; messages without a key (`null`) are spread over the partitions. */
  readonly key: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Buffer | null;
}

/** A received message and its position. */
export interface Delivery extends BusMessage {
  readonly partition: number;
  readonly offset: number;
  /** When it was published, in milliseconds since 1970. */
  readonly timestamp: number;
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** A topic and partition as one string, for map keys. */
export function partitionId({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
