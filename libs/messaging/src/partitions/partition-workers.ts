import type { SubscribeOptions } from '../driver';
import { partitionId, type TopicPartition } from '../message';
import { PartitionWorker, type PartitionWorkerOptions } from './partition-worker';
import { PauseGate } from './pause-gate';
import { Slots } from './slots';

/** The partitions that one member of a group works on. */
export class PartitionWorkers {
  readonly gate = new PauseGate();
  private readonly workers = new Map<string, PartitionWorker>();
  private readonly workerOptions: PartitionWorkerOptions;

  constructor(
    { handler, concurrency = 1 }: SubscribeOptions,
    { done, idle }: Pick<PartitionWorkerOptions, 'done' | 'idle'>,
  ) {
    this.workerOptions = { handler, slots: new Slots(concurrency), gate: this.gate, done, idle };
  }

  get(partition: TopicPartition): PartitionWorker | undefined {
    return this.workers.get(partitionId(partition));
  }

  all(): PartitionWorker[] {
    return [...this.workers.values()];
  }

  /** Those that a handler is at work on: no other member should be given them now. */
  busy(): PartitionWorker[] {
    return this.all().filter((worker) => worker.busy);
  }

  /** Takes over `partitions` and no others; a worker whose partition stays goes on undisturbed. */
  assign(partitions: readonly TopicPartition[]): { added: PartitionWorker[]; lost: PartitionWorker[] } {
    const kept = new Set(partitions.map(partitionId));
    const lost = this.all().filter((worker) => !kept.has(partitionId(worker)));
    for (const worker of lost) {
      this.workers.delete(partitionId(worker));
      void worker.close();
    }
    const added = partitions
      .filter((partition) => !this.get(partition))
      .map((p) => new PartitionWorker(p, this.workerOptions));
    for (const worker of added) this.workers.set(partitionId(worker), worker);
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
    await Promise.all(this.all().map((worker) => worker.close()));
  }
}
