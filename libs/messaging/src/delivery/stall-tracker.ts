import { type Delivery, partitionId, type TopicPartition } from '../message';
import type { Sample } from '../metrics';

/** A message that waits for the infrastructure, and the messages of its partition with it. */
export interface Stall extends TopicPartition {
  readonly group: string;
  readonly error: string;
}

/** What the handlers of one subscription wait for, so that somebody is told of it once and not for each message. */
export class StallTracker {
  private readonly since = new Map<string, TopicPartition & { readonly at: number }>();
  private told = false;

  /** @param tell called when a message has waited for long, and not again before none waits any more */
  constructor(
    private readonly group: string,
    private readonly tell: (stall: Stall) => void,
  ) {}

  /** @param long whether it has been tried so often that it is no moment's interruption */
  waits({ topic, partition }: Delivery, error: string, long: boolean): void {
    const id = partitionId({ topic, partition });
    if (!this.since.has(id)) this.since.set(id, { topic, partition, at: Date.now() });
    if (!long || this.told) return;
    this.told = true;
    this.tell({ group: this.group, topic, partition, error });
  }

  goesOn(delivery: Delivery): void {
    this.since.delete(partitionId(delivery));
    if (this.since.size === 0) this.told = false;
  }

  /** Seconds for which each partition has been waiting. */
  samples(): Sample[] {
    return [...this.since.values()].map(({ topic, partition, at }) => ({
      labels: { group: this.group, topic, partition: String(partition) },
      value: Math.max(0, Date.now() - at) / 1000,
    }));
  }
}
