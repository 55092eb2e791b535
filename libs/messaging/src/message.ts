/** A message as every driver takes it. Headers are text; the value is bytes, or null on a compacted topic's tombstone. */
export interface BusMessage {
  readonly topic: string;
  /** Messages of one key keep their order; `null` spreads over the partitions. */
  readonly key: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Buffer | null;
}

/** A message that came in, with the place it came from. */
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

/** One text for a topic and partition, to be used as the key of a map. */
export function partitionId({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
