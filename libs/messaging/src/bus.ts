import { deadLetterTopic, deadLetterTopicSpec } from './dead-letters/dead-letter';
import { REPLAY_GROUP } from './dead-letters/list-dead-letters';
import { checkRetryPolicy, DEFAULT_RETRY, type RetryPolicy } from './delivery/retry-policy';
import { createRetryingHandler, type MessageHandler } from './delivery/retrying-handler';
import { type Stall, StallTracker } from './delivery/stall-tracker';
import { tracePublishing } from './delivery/tracing';
import type { BusDriver, DeliveryHandler, SubscribeOptions, Subscription, TopicSpec } from './driver';
import { type BusLogger, silentLogger } from './logger';
import type { BusMessage } from './message';
import { type BusMetrics, noMetrics, type Sample } from './metrics';
import { handleByKey } from './partitions/handle-by-key';

export interface BusOptions {
  readonly driver: BusDriver;
  /** The policy of every subscription that sets none. */
  readonly retry?: RetryPolicy;
  readonly metrics?: BusMetrics;
  readonly logger?: BusLogger;
  /** Called once for each outage of a subscription: when an infrastructure failure blocks a partition for long. */
  readonly onStall?: (stall: Stall) => void;
}

export interface BusSubscribeOptions extends Omit<SubscribeOptions, 'handler'> {
  readonly handler: MessageHandler;
  readonly retry?: RetryPolicy;
  /** The keys whose messages are handled; all by default. A message with another key is skipped unread. */
  readonly keys?: (key: string | null) => boolean;
  /**
   * Messages of different keys do not wait for each other, also where they are in one partition; `concurrency` of them are handled at
   * once. For work of hours.
   */
  readonly independentKeys?: boolean;
}

interface Member {
  readonly group: string;
  readonly topics: readonly string[];
  readonly subscription: Subscription;
  readonly stalls: StallTracker;
}

/** Adds retries, dead letters, traces and metrics to a driver. */
export class Bus {
  readonly driver: BusDriver;
  private readonly retry: RetryPolicy;
  private readonly metrics: BusMetrics;
  private readonly logger: BusLogger;
  private readonly onStall: (stall: Stall) => void;
  private readonly members = new Set<Member>();

  constructor(options: BusOptions) {
    const { driver, retry = DEFAULT_RETRY, metrics = noMetrics, logger = silentLogger } = options;
    const { onStall = () => undefined } = options;
    this.driver = driver;
    this.onStall = onStall;
    this.retry = checkRetryPolicy(retry);
    this.metrics = metrics;
    this.logger = logger;
    metrics.gauge('messaging_lag', () => this.lag());
    metrics.gauge('messaging_oldest_seconds', () => this.oldest());
    metrics.gauge('messaging_stalled_seconds', () => this.stalled());
    metrics.gauge('messaging_dead_letters', () => this.deadLetters());
  }

  /** Resolves when all messages are stored durably. Calls take effect in the order in which they are made. */
  async publish(messages: readonly BusMessage[]): Promise<void> {
    await tracePublishing(messages, (traced) => this.driver.publish(traced));
    for (const { topic } of messages) this.metrics.count('messaging_published_total', { topic });
  }

  /** As the driver's `subscribe`; also creates the dead-letter topics that do not exist. */
  async subscribe(options: BusSubscribeOptions): Promise<Subscription> {
    const { group, topics, handler, retry = this.retry, keys = () => true } = options;
    const { independentKeys = false, concurrency = 1 } = options;
    checkRetryPolicy(retry);
    await this.driver.ensureTopics(topics.map(deadLetterTopicSpec));
    const { driver, metrics, logger } = this;
    const stalls = new StallTracker(group, this.onStall);
    const handle = createRetryingHandler({ driver, group, handler, retry, metrics, logger, stalls });
    const wanted: DeliveryHandler = async (delivery, context) => {
      if (keys(delivery.key)) await handle(delivery, context);
    };
    const subscription = await driver.subscribe({
      ...options,
      handler: independentKeys ? handleByKey(wanted, concurrency) : wanted,
    });
    const member = { group, topics, subscription, stalls };
    this.members.add(member);
    return {
      pause: () => subscription.pause(),
      resume: () => subscription.resume(),
      oldest: () => subscription.oldest(),
      stop: async () => {
        await subscription.stop();
        this.members.delete(member);
      },
    };
  }

  ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    return this.driver.ensureTopics(topics);
  }

  check(): Promise<void> {
    return this.driver.check();
  }

  /** Stops every subscription gracefully and disconnects. */
  async close(): Promise<void> {
    await this.driver.close();
    this.members.clear();
  }

  private async lag(): Promise<Sample[]> {
    const groups = new Map([...this.members].map(({ group, topics }) => [group, topics]));
    const rows = await Promise.all(
      [...groups].map(async ([group, topics]) =>
        (await this.driver.lag(group, topics)).map(({ topic, partition, lag }) => ({
          labels: { group, topic, partition: String(partition) },
          value: lag,
        })),
      ),
    );
    return rows.flat();
  }

  private async oldest(): Promise<Sample[]> {
    return [...this.members].flatMap(({ group, subscription }) =>
      subscription.oldest().map(({ topic, partition, timestamp }) => ({
        labels: { group, topic, partition: String(partition) },
        value: Math.max(0, Date.now() - timestamp) / 1000,
      })),
    );
  }

  private async stalled(): Promise<Sample[]> {
    return [...this.members].flatMap(({ stalls }) => stalls.samples());
  }

  private async deadLetters(): Promise<Sample[]> {
    const topics = [...new Set([...this.members].flatMap((member) => member.topics))];
    const rows = await this.driver.lag(REPLAY_GROUP, topics.map(deadLetterTopic));
    return topics.map((topic) => ({
      labels: { topic },
      value: rows
        .filter((row) => row.topic === deadLetterTopic(topic))
        .reduce((sum, { lag }) => sum + lag, 0),
    }));
  }
}
