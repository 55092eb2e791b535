import type { Consumer, Kafka } from 'kafkajs';
import type { SubscribeOptions, Subscription } from '../driver';
import type { BusLogger } from '../logger';
import type { TopicPartition } from '../message';
import type { PartitionWorker } from '../partitions/partition-worker';
import { PartitionWorkers } from '../partitions/partition-workers';
import { wait, within } from '../wait';
import type { KafkaAdmin } from './kafka-admin';
import { createAssigner } from './kafka-assigner';
import { isTransient, rootMessage } from './kafka-errors';
import { OffsetCommitter } from './offset-committer';
import { startOffsets } from './start-offsets';
import { toDelivery } from './to-delivery';

/** How long a member that stops tries to commit and to take its leave while the broker does not answer. */
const FAREWELL_MILLISECONDS = 10_000;

/**
 * A partition that is paused is not in the fetch that is sent meanwhile, and what comes for it waits until that fetch ends.
 * So work that is done quickly is waited for, and the partition not paused.
 */
const PATIENCE_MILLISECONDS = 100;

/** How long the broker holds a fetch for which there is nothing: longer work makes its partition wait so long at most. */
const MOST_WAIT_MILLISECONDS = 100;

export interface SubscriptionParts {
  readonly kafka: Kafka;
  readonly admin: KafkaAdmin;
  /** Throws when one of the topics does not exist. */
  readonly mustExist: (topics: readonly string[]) => Promise<void>;
  readonly logger: BusLogger;
  readonly sessionTimeout: number;
  readonly heartbeatInterval: number;
}

/**
 * A member of a Kafka consumer group. The consumer only fetches: it hands each batch to the partition's worker, pauses the
 * partition and goes on with heartbeats; the worker works outside of that loop, for hours if need be, and when it is
 * through asks for more. PartitionWorkers outlive the consumer, which is replaced when the broker was away for long.
 */
export class KafkaSubscription implements Subscription {
  private readonly workers: PartitionWorkers;
  private readonly committer: OffsetCommitter;
  /** Aborted when the work is done and this member takes its leave. */
  private readonly leaving = new AbortController();
  private readonly left = new Promise<Error>((resolve) => {
    this.leaving.signal.addEventListener('abort', () => resolve(new Error('Stopped.')));
  });
  private consumer: Consumer | undefined;
  /** Counts the times the group was joined; 0 while this member is not in it. */
  private generation = 0;
  private joins = 0;
  /** Counts the times that joining began. */
  private begun = 0;

  constructor(
    private readonly options: SubscribeOptions,
    private readonly parts: SubscriptionParts,
  ) {
    this.workers = new PartitionWorkers(options, {
      done: (delivery) => {
        if (this.workers.get(delivery)) this.committer.mark(delivery, delivery.offset + 1);
      },
      idle: (worker) => this.continueAfter(worker),
    });
    this.committer = new OffsetCommitter(async (offsets) => {
      // kafkajs says nothing when it does not commit because it is not running.
      if (!this.consumer || this.generation === 0) throw new Error('Not in the group at the moment.');
      await this.consumer.commitOffsets(offsets);
    }, this.leaving.signal);
  }

  /** Resolves when the group is joined; while the broker is away it waits for it. */
  start(): Promise<void> {
    return new Promise((joined, refused) => void this.stayConnected(joined, refused));
  }

  pause(): void {
    this.workers.gate.hold('paused');
  }

  resume(): void {
    this.workers.gate.release('paused');
  }

  async stop(): Promise<void> {
    await this.workers.stop();
    const farewell = async () => {
      await this.committer.flush();
      this.leaving.abort();
      await this.consumer?.disconnect();
    };
    try {
      await within(FAREWELL_MILLISECONDS, farewell(), () => new Error('the broker does not answer'));
    } catch (error) {
      const { group } = this.options;
      this.parts.logger.warn(
        { group, error: rootMessage(error) },
        'Left without a commit: messages will come again',
      );
    } finally {
      this.leaving.abort();
    }
  }

  oldest(): Array<TopicPartition & { timestamp: number }> {
    return this.workers.oldest();
  }

  private async stayConnected(joined: () => void, refused: (error: unknown) => void): Promise<void> {
    const { group } = this.options;
    for (;;) {
      try {
        throw await this.connectUntilCrash(joined);
      } catch (error) {
        this.generation = 0;
        if (this.leaving.signal.aborted)
          return refused(new Error(`Stopped before the group ${group} was joined.`));
        if (this.joins === 0 && !isTransient(error)) {
          return refused(
            new Error(`Cannot join the group ${group}: ${rootMessage(error)}`, { cause: error }),
          );
        }
        this.parts.logger.warn(
          { group, error: rootMessage(error) },
          'Lost the Kafka broker; connecting again',
        );
      }
      await wait(500, this.leaving.signal);
    }
  }

  /** Runs one consumer; resolves with what ended it. */
  private async connectUntilCrash(joined: () => void): Promise<Error> {
    const { kafka, mustExist, sessionTimeout, heartbeatInterval } = this.parts;
    await mustExist(this.options.topics);
    const consumer = kafka.consumer({
      groupId: this.options.group,
      partitionAssigners: [createAssigner(() => this.joining())],
      sessionTimeout,
      heartbeatInterval,
      maxWaitTimeInMs: Math.min(MOST_WAIT_MILLISECONDS, heartbeatInterval),
      allowAutoTopicCreation: false,
      retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 8, restartOnFailure: async () => false },
    });
    this.consumer = consumer;
    const crashed = new Promise<Error>((resolve) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => resolve(payload.error));
    });
    consumer.on(
      consumer.events.GROUP_JOIN,
      ({ payload }) => void this.joined(payload.memberAssignment).then(joined),
    );
    try {
      await consumer.connect();
      // A committed offset that the broker no longer has: better the oldest that is left than a gap.
      await consumer.subscribe({ topics: [...this.options.topics], fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        partitionsConsumedConcurrently: this.options.concurrency ?? 1,
        eachBatch: async ({ batch: { topic, partition, messages } }) => {
          const worker = this.workers.get({ topic, partition });
          if (!worker) return;
          worker.take(messages.map((message) => toDelivery(worker, message)));
          if (await worker.isThrough(PATIENCE_MILLISECONDS)) return;
          consumer.pause([{ topic, partitions: [partition] }]);
        },
      });
    } catch (error) {
      await consumer.disconnect().catch(() => undefined);
      throw error;
    }
    return await Promise.race([crashed, this.left]);
  }

  /** Nothing new begins until the partitions are shared; what is at work or uncommitted stays with this member. */
  private joining(): readonly TopicPartition[] {
    this.begun += 1;
    this.workers.gate.hold('joining');
    return [...this.workers.busy(), ...this.committer.uncommitted()];
  }

  private async joined(assignment: Readonly<Record<string, readonly number[]>>): Promise<void> {
    this.joins += 1;
    const generation = this.joins;
    const { begun } = this;
    this.generation = generation;
    const partitions = Object.entries(assignment).flatMap(([topic, numbers]) =>
      numbers.map((partition) => ({ topic, partition })),
    );
    const { added, lost } = this.workers.assign(partitions);
    for (const worker of lost) this.committer.forget(worker);
    this.consumer?.resume(
      [...added, ...lost].map(({ topic, partition }) => ({ topic, partitions: [partition] })),
    );
    await this.setStarts(added, generation);
    // Unless the group is already being joined anew: what began now would not be among the claims that were told.
    if (this.generation === generation && this.begun === begun) this.workers.gate.release('joining');
  }

  private async setStarts(added: readonly PartitionWorker[], generation: number): Promise<void> {
    const { group, fromBeginning = false } = this.options;
    while (this.generation === generation) {
      try {
        for (const { offset, isNew, ...partition } of await startOffsets(
          this.parts.admin,
          group,
          added,
          fromBeginning,
        )) {
          if (this.generation !== generation) return;
          this.workers.get(partition)?.startAt(offset);
          if (isNew) this.committer.mark(partition, offset);
          // The consumer still knows where it sought before it lost the partition, and would begin there.
          else this.consumer?.seek({ ...partition, offset: String(offset) });
        }
        return await this.committer.flush();
      } catch (error) {
        this.parts.logger.warn({ group, error: rootMessage(error) }, 'Cannot ask for offsets; trying again');
        await wait(250, this.leaving.signal);
      }
    }
  }

  private continueAfter({ topic, partition, next }: PartitionWorker): void {
    if (!this.consumer || this.generation === 0) return;
    // The consumer's own position goes back to the last commit whenever the group is joined anew.
    if (next !== undefined) this.consumer.seek({ topic, partition, offset: String(next) });
    this.consumer.resume([{ topic, partitions: [partition] }]);
  }
}
