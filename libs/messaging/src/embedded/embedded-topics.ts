import type { TopicSpec } from '../driver';
import type { BusMessage, TopicPartition } from '../message';
import { partitionOf } from '../partitions/partition-of';
import { unknownTopic } from '../unknown-topic';
import { PartitionLog } from './partition-log';

/** The topics of the embedded bus, with their partitions. */
export class EmbeddedTopics {
  private readonly topics = new Map<string, PartitionLog[]>();

  create({ name, partitions = 1, keepForever = false }: TopicSpec): void {
    if (!Number.isInteger(partitions) || partitions < 1) {
      throw new Error(`Topic ${name}: partitions is ${partitions}; it must be an integer of at least 1.`);
    }
    if (this.topics.has(name)) return;
    this.topics.set(
      name,
      Array.from({ length: partitions }, (_, at) => new PartitionLog(name, at, keepForever)),
    );
  }

  find(topic: string): PartitionLog[] | undefined {
    return this.topics.get(topic);
  }

  get(topic: string): PartitionLog[] {
    const logs = this.topics.get(topic);
    if (!logs) throw unknownTopic(topic);
    return logs;
  }

  log({ topic, partition }: TopicPartition): PartitionLog {
    return this.get(topic)[partition];
  }

  append(message: BusMessage): PartitionLog {
    const logs = this.get(message.topic);
    const log = logs[partitionOf(message.topic, message.key, logs.length)];
    log.append(message);
    return log;
  }
}
