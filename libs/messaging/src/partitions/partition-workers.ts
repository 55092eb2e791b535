import { Semaphore } from 'async-mutex';
import type { SubscribeOptions } from '../driver';
import { partitionId, type TopicPartition } from '../message';
import { PartitionWorker, type PartitionWorkerOptions } from './partition-worker';
import { PauseGate } from './pause-gate';

/** The workers of the partitions that one group member owns. */
export class PartitionWorkers {
  readonly gate = new PauseGate();
  private readonly workers = new Map<string, PartitionWorker>();
  private readonly workerOptions: PartitionWorkerOptions;

  /** @throws Error when `concurrency` is not a positive integer */
  constructor(
    { handler, concurrency = 1 }: SubscribeOptions,
    { done, idle }: Pick<PartitionWorkerOptions, 'done' | 'idle'>,
  ) {
    if (!Number.isInteger(concurrency) || concurrency < 1)
      throw new Error(`concurrency is ${concurrency}; it must be an integer of at least 1.`);
    this.workerOptions = { handler, slots: new Semaphore(concurrency), gate: this.gate, done, idle };
  }

  get(partition: TopicPartition): PartitionWorker | undefined {
    return this.workers.get(partitionId(partition));
  }

  all(): PartitionWorker[] {
    return [...this.workers.values()];
  }

  /** Those that are handling a message: a rebalance must not move their partitions. */
  busy(): PartitionWorker[] {
    return this.all().filter((worker) => worker.busy);
  }

  /** Owns exactly `partitions` from now on; a worker whose partition stays is not interrupted. */
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

  /** Starts no further handler; resolves when the running ones are finished. */
  async stop(): Promise<void> {
    this.gate.pause('stopping');
    await Promise.all(this.all().map((worker) => worker.close()));
  }
}
