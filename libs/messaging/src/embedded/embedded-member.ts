import type { SubscribeOptions, Subscription } from '../driver';
import type { TopicPartition } from '../message';
import type { PartitionWorker } from '../partitions/partition-worker';
import { PartitionWorkers } from '../partitions/partition-workers';
import type { EmbeddedGroup } from './embedded-group';
import type { EmbeddedTopics } from './embedded-topics';

/** How many messages a worker receives at once. Between two batches the event loop runs other work. */
const BATCH_SIZE = 100;

let memberCount = 0;

/** One subscription on the embedded bus. */
export class EmbeddedMember implements Subscription {
  /** Zero-padded, because members are sorted by it. */
  readonly id = `member-${String(memberCount++).padStart(9, '0')}`;
  readonly topics: readonly string[];
  private readonly workers: PartitionWorkers;

  constructor(
    options: SubscribeOptions,
    private readonly group: EmbeddedGroup,
    private readonly logs: EmbeddedTopics,
    onCommit: (partition: TopicPartition) => void,
  ) {
    this.topics = options.topics;
    this.workers = new PartitionWorkers(options, {
      done: (delivery) => {
        group.commit(delivery, delivery.offset + 1);
        onCommit(delivery);
      },
      idle: (worker) => setImmediate(() => this.deliver(worker)),
    });
  }

  get claims(): readonly TopicPartition[] {
    return this.workers.busy();
  }

  assign(partitions: readonly TopicPartition[]): PartitionWorker[] {
    return this.workers.assign(partitions).added;
  }

  wake(partition: TopicPartition): void {
    const worker = this.workers.get(partition);
    if (worker?.isIdle) this.deliver(worker);
  }

  deliver(worker: PartitionWorker): void {
    if (this.workers.get(worker) !== worker) return;
    const deliveries = this.logs.log(worker).from(worker.next ?? this.group.position(worker)!, BATCH_SIZE);
    if (deliveries.length > 0) worker.enqueue(deliveries);
  }

  pause(): void {
    this.workers.gate.pause('paused');
  }

  resume(): void {
    this.workers.gate.resume('paused');
  }

  async stop(): Promise<void> {
    await this.workers.stop();
    this.group.leave(this);
    this.workers.assign([]);
  }

  oldest(): Array<TopicPartition & { timestamp: number }> {
    return this.workers.oldest();
  }
}
