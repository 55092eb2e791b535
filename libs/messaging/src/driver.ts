import type { BusMessage, Delivery, TopicPartition } from './message';

/**
 * What carries messages: Kafka, or the memory of this process. A driver knows nothing of events, retries or dead
 * letters; `Bus` adds those to any driver.
 *
 * Promises of every driver: messages of one key stay in order; a message is delivered at least once to each group that
 * subscribed before it was published; its offset is committed only after the handler resolved.
 */
export interface BusDriver {
  /** Resolves when all messages are safely stored. Calls are carried out in the order in which they are made. */
  publish(messages: readonly BusMessage[]): Promise<void>;
  /**
   * Joins `group`, whose members share the partitions of `topics` (the same topics for every member). Resolves when
   * the member has its partitions: what is published from then on reaches the group.
   */
  subscribe(options: SubscribeOptions): Promise<Subscription>;
  /** Creates the topics that do not exist; existing ones are left as they are. */
  ensureTopics(topics: readonly TopicSpec[]): Promise<void>;
  /** How far `group` is behind in `topics`, one row for each partition. A topic that does not exist has no rows. */
  lag(group: string, topics: readonly string[]): Promise<PartitionLag[]>;
  /** All messages that `topic` holds at this moment, in order within each partition; disturbs no group. */
  read(topic: string): Promise<Delivery[]>;
  /** Resolves when the messages' store answers; else throws with the reason. For a readiness probe. */
  check(): Promise<void>;
  /** Stops every subscription gracefully, sends what is under way, and disconnects. */
  close(): Promise<void>;
}

export interface SubscribeOptions {
  readonly group: string;
  readonly topics: readonly string[];
  readonly handler: DeliveryHandler;
  /** Handlers at once, each in another partition; 1 by default. */
  readonly concurrency?: number;
  /** Where a group that is new to a topic starts: at the oldest message kept, or (default) at what comes from now on. */
  readonly fromBeginning?: boolean;
}

/**
 * Carries out the effect of one message. When it rejects, the same message comes again after a second and its
 * partition waits. It may take hours: the member keeps its partition meanwhile.
 */
export type DeliveryHandler = (delivery: Delivery, context: DeliveryContext) => Promise<void>;

export interface DeliveryContext {
  /** Aborted when the subscription stops or the partition went to another member: finish soon, or throw to give back. */
  readonly signal: AbortSignal;
  /** Waits while handlers of other partitions have this one's place; ends early when `signal` is aborted. */
  readonly rest: (milliseconds: number) => Promise<void>;
  /**
   * The message counts as handled only once `effect` resolves, and so do those after it, which are carried out meanwhile:
   * for effects of many messages that are made together. Should this process end before, they come again. An `effect` that
   * fails must be tried until it succeeds: one that rejects holds up the partition's commits.
   */
  readonly commitAfter: (effect: Promise<unknown>) => void;
}

export interface Subscription {
  /** Starts no further handler until `resume`; the member stays in its group. */
  pause(): void;
  resume(): void;
  /** Finishes the messages in hand, commits them and leaves the group. */
  stop(): Promise<void>;
  /** The oldest message of each partition that this member holds and has not finished. */
  oldest(): Array<TopicPartition & { readonly timestamp: number }>;
}

export interface TopicSpec {
  readonly name: string;
  /** 1 by default. Bounds how many members of a group work at once. */
  readonly partitions?: number;
  /** Keeps the last message of each key instead of the last days. */
  readonly compacted?: boolean;
  /** Keeps every message for ever. */
  readonly keepForever?: boolean;
}

export interface PartitionLag extends TopicPartition {
  /** The next offset that the group will be given. */
  readonly committed: number;
  /** The offset that the next message published will get. */
  readonly end: number;
  readonly lag: number;
}
