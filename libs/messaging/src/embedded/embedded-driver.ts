import type { BusDriver, PartitionLag, SubscribeOptions, Subscription, TopicSpec } from '../driver';
import type { BusMessage, Delivery, TopicPartition } from '../message';
import { EmbeddedGroup } from './embedded-group';
import { EmbeddedMember } from './embedded-member';
import { EmbeddedTopics } from './embedded-topics';

export interface EmbeddedOptions {
  /**
   * How many handled messages each partition keeps, for groups that subscribe later from the beginning; 10,000 by
   * default. A message that a group has not handled yet is always kept.
   */
  readonly keep?: number;
}

/** The bus for a laptop and for tests: topics, groups and offsets are in the memory of this process. */
export class EmbeddedDriver implements BusDriver {
  readonly durable = false;
  private readonly topics = new EmbeddedTopics();
  private readonly groups = new Map<string, EmbeddedGroup>();
  private readonly members = new Set<EmbeddedMember>();
  private readonly keep: number;
  private closed = false;

  constructor({ keep = 10_000 }: EmbeddedOptions = {}) {
    this.keep = keep;
  }

  async publish(messages: readonly BusMessage[]): Promise<void> {
    await this.check();
    for (const { topic } of messages) this.topics.get(topic);
    for (const message of messages) {
      const log = this.topics.append(message);
      for (const group of this.groups.values()) group.wake(log);
      this.trim(log);
    }
  }

  async subscribe(options: SubscribeOptions): Promise<Subscription> {
    await this.check();
    const group = this.groups.get(options.group) ?? new EmbeddedGroup(this.topics);
    const member = new EmbeddedMember(options, group, this.topics, (partition) => this.trim(partition));
    group.join(member, options);
    this.groups.set(options.group, group);
    this.members.add(member);
    return member;
  }

  async ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    for (const topic of topics) this.topics.create(topic);
  }

  async lag(group: string, topics: readonly string[]): Promise<PartitionLag[]> {
    const offsets = this.groups.get(group);
    return topics
      .flatMap((topic) => this.topics.find(topic) ?? [])
      .map(({ topic, partition, start, end }) => {
        const committed = offsets?.position({ topic, partition }) ?? start;
        return { topic, partition, committed, end, lag: end - committed };
      });
  }

  async hasMembers(group: string): Promise<boolean> {
    return this.groups.get(group)?.hasMembers ?? false;
  }

  async read(topic: string): Promise<Delivery[]> {
    return this.topics.get(topic).flatMap((log) => log.from(log.start));
  }

  async check(): Promise<void> {
    if (this.closed) throw new Error('The embedded bus is closed.');
  }

  async close(): Promise<void> {
    await Promise.all([...this.members].map((member) => member.stop()));
    this.members.clear();
    this.closed = true;
  }

  private trim(partition: TopicPartition): void {
    const log = this.topics.log(partition);
    const positions = [...this.groups.values()].flatMap((group) => group.position(partition) ?? []);
    log.trim(this.keep, Math.min(log.end, ...positions));
  }
}
