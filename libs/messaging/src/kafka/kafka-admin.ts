import type { Admin, ITopicConfig, Kafka } from 'kafkajs';
import type { PartitionLag, TopicSpec } from '../driver';

const HOURS = 3600_000;

/** Topics and offsets, asked of the broker. */
export class KafkaAdmin {
  private connected: Promise<Admin> | undefined;

  constructor(
    private readonly kafka: Kafka,
    private readonly replicationFactor = -1,
  ) {}

  async createTopics(topics: readonly TopicSpec[]): Promise<void> {
    await this.ask(async (admin) => {
      const existing = new Set(await admin.listTopics());
      const missing = topics.filter(({ name }) => !existing.has(name));
      if (missing.length === 0) return;
      // False from createTopics means that somebody else was quicker.
      await admin.createTopics({
        topics: missing.map((topic) => this.toConfig(topic)),
        waitForLeaders: true,
      });
    });
  }

  async missing(topics: readonly string[]): Promise<string[]> {
    const existing = new Set(await this.ask((admin) => admin.listTopics()));
    return topics.filter((topic) => !existing.has(topic));
  }

  async lag(group: string, topics: readonly string[]): Promise<PartitionLag[]> {
    const existing = new Set(await this.ask((admin) => admin.listTopics()));
    const asked = topics.filter((topic) => existing.has(topic));
    // Asked for no topic, kafkajs would tell of all.
    if (asked.length === 0) return [];
    const offsets = await this.ask((admin) => admin.fetchOffsets({ groupId: group, topics: asked }));
    const rows = await Promise.all(
      offsets.map(async ({ topic, partitions }) => {
        const committed = new Map(partitions.map(({ partition, offset }) => [partition, Number(offset)]));
        const ends = await this.ask((admin) => admin.fetchTopicOffsets(topic));
        return ends.map(({ partition, high, low }) => {
          // −1: the group has not committed here; all that is kept is still before it.
          const known = committed.get(partition) ?? -1;
          const next = known < 0 ? Number(low) : known;
          return { topic, partition, committed: next, end: Number(high), lag: Number(high) - next };
        });
      }),
    );
    return rows.flat();
  }

  /** The offsets at which `group` stands; −1 where it never committed. */
  async committed(group: string, topics: readonly string[]): Promise<Map<string, Map<number, number>>> {
    const offsets = await this.ask((admin) => admin.fetchOffsets({ groupId: group, topics: [...topics] }));
    return new Map(
      offsets.map(({ topic, partitions }) => [
        topic,
        new Map(partitions.map(({ partition, offset }) => [partition, Number(offset)])),
      ]),
    );
  }

  /** The first offset kept and the next to be given, of each partition. */
  async bounds(topic: string): Promise<Array<{ partition: number; start: number; end: number }>> {
    const offsets = await this.ask((admin) => admin.fetchTopicOffsets(topic));
    return offsets.map(({ partition, low, high }) => ({ partition, start: Number(low), end: Number(high) }));
  }

  async deleteGroup(group: string): Promise<void> {
    await this.ask((admin) => admin.deleteGroups([group]));
  }

  async check(): Promise<void> {
    await this.ask((admin) => admin.describeCluster());
  }

  async close(): Promise<void> {
    const connected = this.connected;
    this.connected = undefined;
    await connected?.then(
      (admin) => admin.disconnect(),
      () => undefined,
    );
  }

  /** Connects when it must; after a failure the next question starts with a new connection. */
  private async ask<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    this.connected ??= this.connect();
    const connected = this.connected;
    try {
      return await question(await connected);
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

  private toConfig({ name, partitions = 1, compacted, keepForever }: TopicSpec): ITopicConfig {
    const configEntries = [];
    if (compacted) {
      configEntries.push({ name: 'cleanup.policy', value: 'compact' });
      // A tombstone is seen by whoever was away for a week.
      configEntries.push({ name: 'delete.retention.ms', value: String(7 * 24 * HOURS) });
    }
    if (keepForever) configEntries.push({ name: 'retention.ms', value: '-1' });
    return {
      topic: name,
      numPartitions: partitions,
      replicationFactor: this.replicationFactor,
      configEntries,
    };
  }
}
