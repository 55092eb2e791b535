import type { BusMessage, Delivery } from '../message';

/** The messages of one partition in memory, the oldest first. */
export class PartitionLog {
  private readonly entries: Delivery[] = [];
  private first = 0;

  constructor(
    readonly topic: string,
    readonly partition: number,
    /** Never drops a message: for dead letters. */
    private readonly keepAll: boolean,
  ) {}

  /** The offset of the oldest message kept. */
  get start(): number {
    return this.first;
  }

  /** The offset of the next message that is appended. */
  get end(): number {
    return this.first + this.entries.length;
  }

  append({ key, headers, value }: BusMessage): void {
    const { topic, partition, end: offset } = this;
    // A copy, because on Kafka too consumers do not see later changes to the publisher's objects.
    const copy = value === null ? null : Buffer.from(value);
    this.entries.push({
      topic,
      partition,
      offset,
      timestamp: Date.now(),
      key,
      headers: { ...headers },
      value: copy,
    });
  }

  from(offset: number, count = Number.POSITIVE_INFINITY): Delivery[] {
    const at = Math.max(0, offset - this.first);
    return this.entries.slice(at, at + count);
  }

  /** Keeps the last `keep` messages, and every message from offset `wanted` on, which a group has not handled yet. */
  trim(keep: number, wanted: number): void {
    if (this.keepAll) return;
    const until = Math.min(this.end - keep, wanted);
    // Only in large steps, because each splice moves all remaining entries.
    if (until - this.first < keep / 4) return;
    this.entries.splice(0, until - this.first);
    this.first = until;
  }
}
