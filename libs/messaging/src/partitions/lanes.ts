import type { SubscribeOptions } from '../driver';
import { partitionId, type TopicPartition } from '../message';
import { Gate } from './gate';
import { Lane, type LaneOptions } from './lane';
import { Slots } from './slots';

/** The partitions that one member of a group works on. */
export class Lanes {
  readonly gate = new Gate();
  private readonly lanes = new Map<string, Lane>();
  private readonly laneOptions: LaneOptions;

  constructor(
    { handler, concurrency = 1 }: SubscribeOptions,
    { done, idle }: Pick<LaneOptions, 'done' | 'idle'>,
  ) {
    this.laneOptions = { handler, slots: new Slots(concurrency), gate: this.gate, done, idle };
  }

  get(partition: TopicPartition): Lane | undefined {
    return this.lanes.get(partitionId(partition));
  }

  all(): Lane[] {
    return [...this.lanes.values()];
  }

  /** Those that a handler is at work on: no other member should be given them now. */
  busy(): Lane[] {
    return this.all().filter((lane) => lane.busy);
  }

  /** Takes over `partitions` and no others; a lane whose partition stays goes on undisturbed. */
  assign(partitions: readonly TopicPartition[]): { added: Lane[]; lost: Lane[] } {
    const kept = new Set(partitions.map(partitionId));
    const lost = this.all().filter((lane) => !kept.has(partitionId(lane)));
    for (const lane of lost) {
      this.lanes.delete(partitionId(lane));
      void lane.close();
    }
    const added = partitions
      .filter((partition) => !this.get(partition))
      .map((p) => new Lane(p, this.laneOptions));
    for (const lane of added) this.lanes.set(partitionId(lane), lane);
    return { added, lost };
  }

  oldest(): Array<TopicPartition & { timestamp: number }> {
    return this.all().flatMap(({ topic, partition, oldest }) =>
      oldest ? [{ topic, partition, timestamp: oldest.timestamp }] : [],
    );
  }

  /** Starts nothing more; resolves when the messages in hand are finished. */
  async stop(): Promise<void> {
    this.gate.hold('stopping');
    await Promise.all(this.all().map((lane) => lane.close()));
  }
}
