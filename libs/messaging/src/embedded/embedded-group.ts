import type { SubscribeOptions } from '../driver';
import { partitionId, type TopicPartition } from '../message';
import { assignPartitions } from '../partitions/assign-partitions';
import type { EmbeddedMember } from './embedded-member';
import type { EmbeddedTopics } from './embedded-topics';

/** A consumer group: its members, and its offsets, which remain after the last member leaves. */
export class EmbeddedGroup {
  private readonly committed = new Map<string, number>();
  private readonly members = new Set<EmbeddedMember>();

  constructor(private readonly topics: EmbeddedTopics) {}

  get hasMembers(): boolean {
    return this.members.size > 0;
  }

  join(member: EmbeddedMember, { topics, fromBeginning }: SubscribeOptions): void {
    for (const log of topics.flatMap((topic) => this.topics.get(topic))) {
      const id = partitionId(log);
      if (!this.committed.has(id)) this.committed.set(id, fromBeginning ? log.start : log.end);
    }
    this.members.add(member);
    this.rebalance();
  }

  leave(member: EmbeddedMember): void {
    this.members.delete(member);
    this.rebalance();
  }

  /** The offset of the next message that the group receives; undefined when it never subscribed to the topic. */
  position(partition: TopicPartition): number | undefined {
    return this.committed.get(partitionId(partition));
  }

  commit(partition: TopicPartition, next: number): void {
    this.committed.set(partitionId(partition), next);
  }

  wake(partition: TopicPartition): void {
    for (const member of this.members) member.wake(partition);
  }

  private rebalance(): void {
    const members = [...this.members];
    const topics = [...new Set(members.flatMap((member) => member.topics))];
    const shares = assignPartitions(
      members.map(({ id, topics, claims }) => ({ id, topics, claims })),
      topics.flatMap((topic) => this.topics.get(topic)),
    );
    // All members give up their lost partitions before the new owners start.
    const added = members.map((member) => member.assign(shares.get(member.id)!));
    members.forEach((member, at) => {
      for (const worker of added[at]) member.deliver(worker);
    });
  }
}
