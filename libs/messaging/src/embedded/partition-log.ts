import type { BusMessage, Delivery } from '../message';

/** The messages of one partition in memory, oldest first. */
export class PartitionLog {
  private readonly entries: Delivery[] = [];
  private first = 0;

  constructor(
    readonly topic: string,
    readonly partition: number,
    /** Nothing is ever dropped: dead letters, and the small topics that hold the last state of each key. */
    private readonly keepAll: boolean,
  ) {}

  /** The offset of the oldest message kept. */
  get start(): number {
    return this.first;
  }

  /** The offset that the next message will get. */
  get end(): number {
    return this.first + this.entries.length;
  }

  append({ key, headers, value }: BusMessage): void {
    const { topic, partition, end: offset } = this;
    // Copies: on Kafka too, nobody sees what the publisher does to its objects later.
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

  /** Keeps the last `keep` messages, and every message from `wanted` on, which a group still has to work off. */
  trim(keep: number, wanted: number): void {
    if (this.keepAll) return;
    const until = Math.min(this.end - keep, wanted);
    // In strides, for a cut moves all that remains.
    if (until - this.first < keep / 4) return;
    this.entries.splice(0, until - this.first);
    this.first = until;
  }
}
