import type { TopicPartitionOffset } from 'kafkajs';
import { partitionId, type TopicPartition } from '../message';
import { wait } from '../wait';

/**
 * Brings offsets of finished messages to the broker: one request at a time, which carries the newest offset of each
 * partition. While the broker is away it keeps them; they go out when it is back.
 */
export class OffsetCommitter {
  private readonly pending = new Map<string, TopicPartitionOffset>();
  private underWay: Promise<void> | undefined;

  /** @param givingUp aborted when what is not committed yet shall stay so */
  constructor(
    private readonly commit: (offsets: TopicPartitionOffset[]) => Promise<void>,
    private readonly givingUp: AbortSignal,
  ) {}

  /** The group's next message of this partition is the one at `next`. */
  mark({ topic, partition }: TopicPartition, next: number): void {
    this.pending.set(partitionId({ topic, partition }), { topic, partition, offset: String(next) });
    this.underWay ??= this.drain();
  }

  /** The partition went to another member, whose offsets count from now on. */
  forget(partition: TopicPartition): void {
    this.pending.delete(partitionId(partition));
  }

  uncommitted(): TopicPartition[] {
    return [...this.pending.values()];
  }

  /** Resolves when everything marked is committed. */
  async flush(): Promise<void> {
    while (this.underWay) await this.underWay;
  }

  private async drain(): Promise<void> {
    while (this.pending.size > 0 && !this.givingUp.aborted) {
      const offsets = [...this.pending];
      try {
        await this.commit(offsets.map(([, offset]) => offset));
        for (const [id, offset] of offsets) if (this.pending.get(id) === offset) this.pending.delete(id);
      } catch {
        await wait(250, this.givingUp);
      }
    }
    this.underWay = undefined;
  }
}
