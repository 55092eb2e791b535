import type { Consumer, Kafka } from 'kafkajs';
import type { SubscribeOptions, Subscription } from '../driver';
import type { BusLogger } from '../logger';
import { partitionId, type TopicPartition } from '../message';
import type { PartitionWorker } from '../partitions/partition-worker';
import { PartitionWorkers } from '../partitions/partition-workers';
import { sleep, withTimeout } from '../timing';
import type { KafkaAdmin } from './kafka-admin';
import { createAssigner } from './kafka-assigner';
import { isTransient, rootMessage } from './kafka-errors';
import { newStarts } from './new-starts';
import { OffsetCommitter } from './offset-committer';
import { startOffsets } from './start-offsets';
import { toDelivery } from './to-delivery';

/** How long a member that stops tries to commit and to leave the group while the broker does not answer. */
const LEAVE_TIMEOUT_MILLISECONDS = 10_000;

/**
 * How long the fetch loop waits for a worker before it pauses the partition. A fetch that is sent during a pause leaves the
 * partition out, and the partition's next messages wait until that fetch ends. So short work must not pause it.
 */
const PAUSE_AFTER_MILLISECONDS = 100;

/** How long the broker holds a fetch that has no messages. It bounds how long a paused partition waits after its work ends. */
const MAX_FETCH_WAIT_MILLISECONDS = 100;

export interface SubscriptionDependencies {
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
 * partition and keeps sending heartbeats. The worker runs outside of that loop, for hours if necessary, and resumes the
 * partition when its queue is empty. Workers outlive the consumer, which is replaced after a long outage of the broker.
 */
export class KafkaSubscription implements Subscription {
  private readonly workers: PartitionWorkers;
  private readonly committer: OffsetCommitter;
  /** Aborted when this member leaves the group. */
  private readonly leaving = new AbortController();
  private readonly left = new Promise<Error>((resolve) => {
    this.leaving.signal.addEventListener('abort', () => resolve(new Error('Stopped.')));
  });
  private consumer: Consumer | undefined;
  /** Partitions whose position was beyond the end when `startOver` looked last. */
  private beyondEnd: ReadonlySet<string> = new Set();
  /** The number of the current membership in the group; 0 while this member is not in it. */
  private generation = 0;
  private joinsCompleted = 0;
  private joinsStarted = 0;

  constructor(
    private readonly options: SubscribeOptions,
    private readonly dependencies: SubscriptionDependencies,
  ) {
    this.workers = new PartitionWorkers(options, {
      done: (delivery) => {
        if (this.workers.get(delivery)) this.committer.mark(delivery, delivery.offset + 1);
      },
      idle: (worker) => this.continueAfter(worker),
    });
    this.committer = new OffsetCommitter(async (offsets) => {
      // kafkajs drops a commit silently when the consumer does not run.
      if (!this.consumer || this.generation === 0) throw new Error('The member is not in the group now.');
      await this.consumer.commitOffsets(offsets);
    }, this.leaving.signal);
  }

  /** Resolves when the group is joined; retries while the broker is unavailable. */
  start(): Promise<void> {
    return new Promise((joined, refused) => void this.stayConnected(joined, refused));
  }

  pause(): void {
    this.workers.gate.pause('paused');
  }

  resume(): void {
    this.workers.gate.resume('paused');
  }

  async stop(): Promise<void> {
    await this.workers.stop();
    const leave = async () => {
      await this.committer.flush();
      this.leaving.abort();
      await this.consumer?.disconnect();
    };
    try {
      await withTimeout(LEAVE_TIMEOUT_MILLISECONDS, leave(), () => new Error('the broker does not answer'));
    } catch (error) {
      const { group } = this.options;
      this.dependencies.logger.warn(
        { group, error: rootMessage(error) },
        'The member leaves without a commit; some messages are redelivered',
      );
    } finally {
      this.leaving.abort();
    }
  }

  oldest(): Array<TopicPartition & { timestamp: number }> {
    return this.workers.oldest();
  }

  /** Starts at the beginning of the partitions whose topic was deleted and created again. */
  async startOver(): Promise<void> {
    const { generation, consumer } = this;
    if (!consumer || generation === 0 || this.leaving.signal.aborted) return;
    const { group } = this.options;
    const uncommitted = new Set(this.committer.uncommitted().map(partitionId));
    const positions = this.workers.all().flatMap(({ topic, partition, next }) => {
      const isCommitted = !uncommitted.has(partitionId({ topic, partition }));
      return next === undefined ? [] : [{ topic, partition, next, isCommitted }];
    });
    const starts = await newStarts(this.dependencies.admin, group, positions);
    if (this.generation !== generation || this.leaving.signal.aborted) return;
    const fresh = starts.filter((start) => start.isSure || this.beyondEnd.has(partitionId(start)));
    this.beyondEnd = new Set(starts.map(partitionId));
    for (const { topic, partition, offset } of fresh) {
      this.workers.get({ topic, partition })?.startOver(offset);
      this.committer.mark({ topic, partition }, offset);
      consumer.seek({ topic, partition, offset: String(offset) });
    }
    if (fresh.length > 0)
      this.dependencies.logger.warn(
        { group, topics: [...new Set(fresh.map(({ topic }) => topic))] },
        'Topics were deleted and created again; the group starts at their beginning',
      );
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
        if (this.joinsCompleted === 0 && !isTransient(error)) {
          return refused(
            new Error(`Cannot join the group ${group}: ${rootMessage(error)}`, { cause: error }),
          );
        }
        this.dependencies.logger.warn(
          { group, error: rootMessage(error) },
          'The connection to Kafka is lost; connecting again',
        );
      }
      await sleep(500, this.leaving.signal);
    }
  }

  /** Runs one consumer; resolves with the error that ended it. */
  private async connectUntilCrash(joined: () => void): Promise<Error> {
    const { kafka, mustExist, sessionTimeout, heartbeatInterval } = this.dependencies;
    await mustExist(this.options.topics);
    const consumer = kafka.consumer({
      groupId: this.options.group,
      partitionAssigners: [createAssigner(() => this.joining())],
      sessionTimeout,
      heartbeatInterval,
      maxWaitTimeInMs: Math.min(MAX_FETCH_WAIT_MILLISECONDS, heartbeatInterval),
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
      // If the broker no longer keeps the committed offset, start at the oldest message kept: that leaves the smallest gap.
      await consumer.subscribe({ topics: [...this.options.topics], fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        partitionsConsumedConcurrently: this.options.concurrency ?? 1,
        eachBatch: async ({ batch: { topic, partition, messages } }) => {
          const worker = this.workers.get({ topic, partition });
          if (!worker) return;
          worker.enqueue(messages.map((message) => toDelivery(worker, message)));
          if (await worker.drainsWithin(PAUSE_AFTER_MILLISECONDS)) return;
          consumer.pause([{ topic, partitions: [partition] }]);
        },
      });
    } catch (error) {
      await consumer.disconnect().catch(() => undefined);
      throw error;
    }
    return await Promise.race([crashed, this.left]);
  }

  /** Pauses new work until the rebalance ends. @returns the claims: partitions with running or uncommitted work */
  private joining(): readonly TopicPartition[] {
    this.joinsStarted += 1;
    this.workers.gate.pause('joining');
    return [...this.workers.busy(), ...this.committer.uncommitted()];
  }

  private async joined(assignment: Readonly<Record<string, readonly number[]>>): Promise<void> {
    this.joinsCompleted += 1;
    const generation = this.joinsCompleted;
    const { joinsStarted } = this;
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
    // Not while another rebalance runs: work that starts now would not be among the claims that were sent.
    if (this.generation === generation && this.joinsStarted === joinsStarted)
      this.workers.gate.resume('joining');
  }

  private async setStarts(added: readonly PartitionWorker[], generation: number): Promise<void> {
    const { group, fromBeginning = false } = this.options;
    while (this.generation === generation) {
      try {
        await this.startOver();
        for (const { offset, isNew, ...partition } of await startOffsets(
          this.dependencies.admin,
          group,
          added,
          fromBeginning,
        )) {
          if (this.generation !== generation) return;
          this.workers.get(partition)?.startAt(offset);
          if (isNew) this.committer.mark(partition, offset);
          // The consumer keeps its last seek from before it lost the partition, and would start there.
          else this.consumer?.seek({ ...partition, offset: String(offset) });
        }
        return await this.committer.flush();
      } catch (error) {
        this.dependencies.logger.warn(
          { group, error: rootMessage(error) },
          'Cannot fetch the offsets of the group; retrying',
        );
        await sleep(250, this.leaving.signal);
      }
    }
  }

  private continueAfter({ topic, partition, next }: PartitionWorker): void {
    if (!this.consumer || this.generation === 0) return;
    // After a rebalance the consumer's own position is the last committed offset.
    if (next !== undefined) this.consumer.seek({ topic, partition, offset: String(next) });
    this.consumer.resume([{ topic, partitions: [partition] }]);
  }
}
