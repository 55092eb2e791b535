import { type Delivery, partitionId, type TopicPartition } from '../message';
import type { Sample } from '../metrics';

/** A partition that an infrastructure failure blocks. */
export interface Stall extends TopicPartition {
  readonly group: string;
  readonly error: string;
}

/** Tracks the blocked partitions of one subscription, so that an outage is reported once and not for each message. */
export class StallTracker {
  private readonly since = new Map<string, TopicPartition & { readonly at: number }>();
  private reported = false;

  /** @param report called for the first long stall, and not again until no partition is blocked */
  constructor(
    private readonly group: string,
    private readonly report: (stall: Stall) => void,
  ) {}

  /** @param isLong whether the message has failed so often that it is no short interruption */
  blocked({ topic, partition }: Delivery, error: string, isLong: boolean): void {
    const id = partitionId({ topic, partition });
    if (!this.since.has(id)) this.since.set(id, { topic, partition, at: performance.now() });
    if (!isLong || this.reported) return;
    this.reported = true;
    this.report({ group: this.group, topic, partition, error });
  }

  unblocked(delivery: Delivery): void {
    this.since.delete(partitionId(delivery));
    if (this.since.size === 0) this.reported = false;
  }

  /** How many seconds each partition has been blocked. */
  samples(): Sample[] {
    return [...this.since.values()].map(({ topic, partition, at }) => ({
      labels: { group: this.group, topic, partition: String(partition) },
      value: Math.max(0, performance.now() - at) / 1000,
    }));
  }
}
