import type { BusMessage, Delivery, TopicPartition } from './message';

/**
 * Transports messages: over Kafka, or in the memory of this process. A driver knows nothing of events, retries or dead
 * letters; `Bus` adds those to any driver.
 *
 * Every driver guarantees: messages of one key stay in order; a message is delivered at least once to each group that
 * subscribed before it was published; its offset is committed only after the handler resolved.
 */
export interface BusDriver {
  /** Whether messages, and how far groups are, outlive this process. If not, what was requested must be requested again. */
  readonly durable: boolean;
  /** Resolves when all messages are stored durably. Calls take effect in the order in which they are made. */
  publish(messages: readonly BusMessage[]): Promise<void>;
  /**
   * Joins `group`, whose members share the partitions of `topics` (the same topics for every member). Resolves when
   * the member has its partitions: every message published after that reaches the group.
   */
  subscribe(options: SubscribeOptions): Promise<Subscription>;
  /** Creates the topics that do not exist; leaves existing ones unchanged. */
  ensureTopics(topics: readonly TopicSpec[]): Promise<void>;
  /** How far `group` is behind in `topics`, one row for each partition. A topic that does not exist has no rows. */
  lag(group: string, topics: readonly string[]): Promise<PartitionLag[]>;
  /** Whether `group` has a member in any process. One that was killed is a member until its session has timed out. */
  hasMembers(group: string): Promise<boolean>;
  /** All messages that `topic` holds now, in order within each partition. Changes no group's offsets. */
  read(topic: string): Promise<Delivery[]>;
  /** Resolves when the message store answers; else throws with the reason. For a readiness probe. */
  check(): Promise<void>;
  /** Stops every subscription gracefully, sends pending messages, and disconnects. */
  close(): Promise<void>;
}

export interface SubscribeOptions {
  readonly group: string;
  readonly topics: readonly string[];
  readonly handler: DeliveryHandler;
  /** How many handlers run at once, each for another partition; 1 by default. */
  readonly concurrency?: number;
  /** Where a group that is new to a topic starts: at the oldest message kept, or (default) at the next one published. */
  readonly fromBeginning?: boolean;
}

/**
 * Handles one message. When it rejects, the message is redelivered after a second, and its partition waits. It may run
 * for hours: the member keeps its partition meanwhile.
 */
export type DeliveryHandler = (delivery: Delivery, context: DeliveryContext) => Promise<void>;

export interface DeliveryContext {
  /** Aborted when the subscription stops or loses the partition: finish soon, or throw to give the message back. */
  readonly signal: AbortSignal;
  /** Sleeps, and lets handlers of other partitions use this one's slot meanwhile. Ends early when `signal` is aborted. */
  readonly backOff: (milliseconds: number) => Promise<void>;
  /**
   * Commits the message, and those after it, only once `effect` resolves; the next messages are handled meanwhile. For
   * effects of many messages that are made in one batch. If this process ends first, the messages are redelivered. An
   * `effect` must retry until it succeeds: one that rejects stops the partition's commits.
   */
  readonly commitAfter: (effect: Promise<unknown>, options?: EffectOptions) => void;
}

export interface EffectOptions {
  /** The member leaves the partition only when the effect has ended, which `signal` tells it to do soon. */
  readonly beforeLeaving?: boolean;
}

export interface Subscription {
  /** Starts no further handler until `resume`; the member stays in its group. */
  pause(): void;
  resume(): void;
  /** Finishes the running handlers, commits their messages and leaves the group. */
  stop(): Promise<void>;
  /** The oldest unfinished message of each partition that this member holds. */
  oldest(): Array<TopicPartition & { readonly timestamp: number }>;
}

export interface TopicSpec {
  readonly name: string;
  /** 1 by default. Limits how many members of a group work at once. */
  readonly partitions?: number;
  /** Keeps every message without a time limit. */
  readonly keepForever?: boolean;
}

export interface PartitionLag extends TopicPartition {
  /** The offset of the next message that the group receives. */
  readonly committed: number;
  /** The offset of the next message that is published. */
  readonly end: number;
  readonly lag: number;
}
