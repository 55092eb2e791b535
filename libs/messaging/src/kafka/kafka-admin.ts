import type { Admin, ITopicConfig, Kafka } from 'kafkajs';
import type { PartitionLag, TopicSpec } from '../driver';
import { NotReadyError } from './kafka-errors';

/** Queries and changes topics and offsets on the broker. */
export class KafkaAdmin {
  private connected: Promise<Admin> | undefined;

  constructor(
    private readonly kafka: Kafka,
    private readonly replicationFactor = -1,
  ) {}

  /**
   * Creates what is missing of `topics`. It returns when the broker lists all of them and the leader of each partition answers:
   * another client may have created a topic a moment ago. Until then this throws an error that a later attempt may not meet.
   */
  async createTopics(topics: readonly TopicSpec[]): Promise<void> {
    const names = topics.map(({ name }) => name);
    const missing = new Set(await this.missing(names));
    if (missing.size > 0)
      // createTopics resolves with false when another client created them first; that is fine.
      await this.request((admin) =>
        admin.createTopics({
          topics: topics.filter(({ name }) => missing.has(name)).map((topic) => this.toConfig(topic)),
          waitForLeaders: true,
        }),
      );
    const [unlisted] = await this.missing(names);
    if (unlisted !== undefined)
      throw new NotReadyError(`The broker has created the topic ${unlisted} and does not list it yet.`);
    await Promise.all(names.map((name) => this.bounds(name)));
  }

  async missing(topics: readonly string[]): Promise<string[]> {
    const existing = new Set(await this.request((admin) => admin.listTopics()));
    return topics.filter((topic) => !existing.has(topic));
  }

  async lag(group: string, topics: readonly string[]): Promise<PartitionLag[]> {
    const existing = new Set(await this.request((admin) => admin.listTopics()));
    const known = topics.filter((topic) => existing.has(topic));
    // For an empty list kafkajs would return the offsets of all topics.
    if (known.length === 0) return [];
    const offsets = await this.request((admin) => admin.fetchOffsets({ groupId: group, topics: known }));
    const rows = await Promise.all(
      offsets.map(async ({ topic, partitions }) => {
        const committed = new Map(partitions.map(({ partition, offset }) => [partition, Number(offset)]));
        const ends = await this.request((admin) => admin.fetchTopicOffsets(topic));
        return ends.map(({ partition, high, low }) => {
          // -1 means no commit: the group has not handled any message that the broker keeps.
          const offset = committed.get(partition) ?? -1;
          const next = offset < 0 ? Number(low) : offset;
          return { topic, partition, committed: next, end: Number(high), lag: Number(high) - next };
        });
      }),
    );
    return rows.flat();
  }

  async hasMembers(group: string): Promise<boolean> {
    const { groups } = await this.request((admin) => admin.describeGroups([group]));
    return groups.some(({ members }) => members.length > 0);
  }

  /** The committed offsets of `group` by topic and partition; -1 where it never committed. */
  async committed(group: string, topics: readonly string[]): Promise<Map<string, Map<number, number>>> {
    const offsets = await this.request((admin) =>
      admin.fetchOffsets({ groupId: group, topics: [...topics] }),
    );
    return new Map(
      offsets.map(({ topic, partitions }) => [
        topic,
        new Map(partitions.map(({ partition, offset }) => [partition, Number(offset)])),
      ]),
    );
  }

  /** For each partition, the offset of the oldest message kept and of the next message published. */
  async bounds(topic: string): Promise<Array<{ partition: number; start: number; end: number }>> {
    const offsets = await this.request((admin) => admin.fetchTopicOffsets(topic));
    return offsets.map(({ partition, low, high }) => ({ partition, start: Number(low), end: Number(high) }));
  }

  async deleteGroup(group: string): Promise<void> {
    await this.request((admin) => admin.deleteGroups([group]));
  }

  async close(): Promise<void> {
    const connected = this.connected;
    this.connected = undefined;
    await connected?.then(
      (admin) => admin.disconnect(),
      () => undefined,
    );
  }

  /** Connects on demand; after a failure the next request uses a new connection. */
  private async request<T>(call: (admin: Admin) => Promise<T>): Promise<T> {
    this.connected ??= this.connect();
    const connected = this.connected;
    try {
      return await call(await connected);
    } catch (error) {
      if (this.connected === connected) await this.close();
      throw error;
    }
  }

  private async connect(): Promise<Admin> {
    const admin = this.kafka.admin();
    await admin.connect();
    return admin;
  }

  private toConfig({ name, partitions = 1, keepForever }: TopicSpec): ITopicConfig {
    return {
      topic: name,
      numPartitions: partitions,
      replicationFactor: this.replicationFactor,
      configEntries: keepForever ? [{ name: 'retention.ms', value: '-1' }] : [],
    };
  }
}
