import type { TopicPartitionOffset } from 'kafkajs';
import { partitionId, type TopicPartition } from '../message';
import { sleep } from '../timing';

/**
 * Commits the offsets of finished messages: one request at a time, with the newest offset of each partition. While the
 * broker is unavailable, it keeps the offsets and retries.
 */
export class OffsetCommitter {
  private readonly pending = new Map<string, TopicPartitionOffset>();
  private draining: Promise<void> | undefined;

  /** @param abandoned when aborted, pending offsets stay uncommitted */
  constructor(
    private readonly commit: (offsets: TopicPartitionOffset[]) => Promise<void>,
    private readonly abandoned: AbortSignal,
  ) {}

  /** Schedules a commit: the group's next message of this partition is the one at offset `next`. */
  mark({ topic, partition }: TopicPartition, next: number): void {
    this.pending.set(partitionId({ topic, partition }), { topic, partition, offset: String(next) });
    this.draining ??= this.drain();
  }

  /** Drops the pending offset of a partition that another member owns now. */
  forget(partition: TopicPartition): void {
    this.pending.delete(partitionId(partition));
  }

  uncommitted(): TopicPartition[] {
    return [...this.pending.values()];
  }

  /** Resolves when no offset is pending. */
  async flush(): Promise<void> {
    while (this.draining) await this.draining;
  }

  private async drain(): Promise<void> {
    while (this.pending.size > 0 && !this.abandoned.aborted) {
      const offsets = [...this.pending];
      try {
        await this.commit(offsets.map(([, offset]) => offset));
        for (const [id, offset] of offsets) if (this.pending.get(id) === offset) this.pending.delete(id);
      } catch {
        await sleep(250, this.abandoned);
      }
    }
    this.draining = undefined;
  }
}
