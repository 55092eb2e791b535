import type { SubscribeOptions, Subscription } from '../driver';
import type { TopicPartition } from '../message';
import type { Lane } from '../partitions/lane';
import { Lanes } from '../partitions/lanes';
import type { EmbeddedGroup } from './embedded-group';
import type { EmbeddedTopics } from './embedded-topics';

/** Messages that a lane is given at once; between two such portions the event loop serves others. */
const PORTION = 100;

let memberCount = 0;

/** One subscription on the embedded bus. */
export class EmbeddedMember implements Subscription {
  /** Zero-padded, for members are told apart and sorted by it. */
  readonly id = `member-${String(memberCount++).padStart(9, '0')}`;
  readonly topics: readonly string[];
  private readonly lanes: Lanes;

  constructor(
    options: SubscribeOptions,
    private readonly group: EmbeddedGroup,
    private readonly logs: EmbeddedTopics,
    onCommit: (partition: TopicPartition) => void,
  ) {
    this.topics = options.topics;
    this.lanes = new Lanes(options, {
      done: (delivery) => {
        group.commit(delivery, delivery.offset + 1);
        onCommit(delivery);
      },
      idle: (lane) => setImmediate(() => this.feed(lane)),
    });
  }

  get claims(): readonly TopicPartition[] {
    return this.lanes.busy();
  }

  assign(partitions: readonly TopicPartition[]): Lane[] {
    return this.lanes.assign(partitions).added;
  }

  wake(partition: TopicPartition): void {
    const lane = this.lanes.get(partition);
    if (lane && !lane.oldest) this.feed(lane);
  }

  feed(lane: Lane): void {
    if (this.lanes.get(lane) !== lane) return;
    const deliveries = this.logs.log(lane).from(lane.next ?? this.group.position(lane)!, PORTION);
    if (deliveries.length > 0) lane.take(deliveries);
  }

  pause(): void {
    this.lanes.gate.hold('paused');
  }

  resume(): void {
    this.lanes.gate.release('paused');
  }

  async stop(): Promise<void> {
    await this.lanes.stop();
    this.group.leave(this);
    this.lanes.assign([]);
  }

  oldest(): Array<TopicPartition & { timestamp: number }> {
    return this.lanes.oldest();
  }
}
