import type { Kafka } from 'kafkajs';
import type { BusDriver, PartitionLag, SubscribeOptions, Subscription, TopicSpec } from '../driver';
import { type BusLogger, silentLogger } from '../logger';
import type { BusMessage, Delivery } from '../message';
import { sleep, withTimeout } from '../timing';
import { createClient } from './create-client';
import { KafkaAdmin } from './kafka-admin';
import { isTransient, rootMessage } from './kafka-errors';
import type { KafkaOptions } from './kafka-options';
import { KafkaPublisher } from './kafka-publisher';
import { KafkaSubscription } from './kafka-subscription';
import { KafkaTopics } from './kafka-topics';
import { readTopic } from './read-topic';

const CHECK_MILLISECONDS = 5000;
const CLOSE_MILLISECONDS = 5000;

/** Between two attempts of a request that the broker cannot answer yet. */
const RETRY_MILLISECONDS = 500;

/** Between two looks for topics that were deleted. */
const WATCH_MILLISECONDS = 5000;

/** A reader waits for its answer: it gives up after a few seconds. */
const READ_ATTEMPTS = 10;

/** The bus for a cluster: Apache Kafka 2.4 or newer (tested with 4.1), through kafkajs. */
export class KafkaDriver implements BusDriver {
  readonly durable = true;
  private readonly kafka: Kafka;
  private readonly admin: KafkaAdmin;
  private readonly publisher: KafkaPublisher;
  private readonly logger: BusLogger;
  private readonly topics: KafkaTopics;
  private readonly subscriptions = new Set<KafkaSubscription>();
  private readonly closing = new AbortController();
  private watches = false;
  private lastError = '';

  constructor(private readonly options: KafkaOptions) {
    this.logger = options.logger ?? silentLogger;
    this.kafka = createClient(options, (error) => {
      this.lastError = error;
    });
    this.admin = new KafkaAdmin(this.kafka, options.replicationFactor);
    this.topics = new KafkaTopics(this.admin, this.logger);
    this.publisher = new KafkaPublisher(this.kafka, this.logger, (topics) => this.topics.mustExist(topics));
  }

  publish(messages: readonly BusMessage[]): Promise<void> {
    return this.publisher.send(messages);
  }

  async subscribe(options: SubscribeOptions): Promise<Subscription> {
    const { sessionTimeoutMs = 30_000, heartbeatIntervalMs = 3000 } = this.options;
    const subscription = new KafkaSubscription(options, {
      kafka: this.kafka,
      admin: this.admin,
      mustExist: (topics) => this.topics.mustExist(topics),
      logger: this.logger,
      sessionTimeout: sessionTimeoutMs,
      heartbeatInterval: heartbeatIntervalMs,
    });
    this.subscriptions.add(subscription);
    await subscription.start();
    return subscription;
  }

  /** Retries while the broker is unavailable, as publishing and subscribing do. Creates them again when they are deleted. */
  async ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    await this.again('creating topics', () => this.topics.ensure(topics));
    if (!this.watches) void this.watch();
  }

  lag(group: string, topics: readonly string[]): Promise<PartitionLag[]> {
    return this.admin.lag(group, topics);
  }

  hasMembers(group: string): Promise<boolean> {
    return this.admin.hasMembers(group);
  }

  async read(topic: string): Promise<Delivery[]> {
    await this.topics.mustExist([topic]);
    return this.again('reading the topic', () => readTopic(this.kafka, this.admin, topic), READ_ATTEMPTS);
  }

  check(): Promise<void> {
    const { brokers } = this.options;
    this.lastError = '';
    return withTimeout(CHECK_MILLISECONDS, this.topics.check(), () => {
      return new Error(
        `Kafka at ${brokers.join(', ')} did not answer within ${CHECK_MILLISECONDS / 1000} s` +
          `${this.lastError && ` (${this.lastError})`}.`,
      );
    });
  }

  async close(): Promise<void> {
    this.closing.abort();
    await Promise.all([...this.subscriptions].map((subscription) => subscription.stop()));
    this.subscriptions.clear();
    await this.publisher.close(CLOSE_MILLISECONDS);
    await this.admin.close();
  }

  /** Repeats what a later attempt may complete: a new broker, for example, still loads its groups. */
  private async again<T>(
    what: string,
    attempt: () => Promise<T>,
    attempts = Number.POSITIVE_INFINITY,
  ): Promise<T> {
    for (let made = 1; ; made += 1) {
      try {
        return await attempt();
      } catch (error) {
        if (this.closing.signal.aborted || !isTransient(error) || made >= attempts) throw error;
        this.logger.warn({ error: rootMessage(error) }, `Waiting for Kafka; ${what} is retried`);
        await sleep(RETRY_MILLISECONDS);
      }
    }
  }

  /** Creates topics again that were deleted, and lets the subscriptions start over in them. */
  private async watch(): Promise<void> {
    this.watches = true;
    const { signal } = this.closing;
    for (;;) {
      await sleep(WATCH_MILLISECONDS, signal);
      if (signal.aborted) return;
      try {
        await this.topics.restore();
        for (const subscription of this.subscriptions) await subscription.startOver();
      } catch (error) {
        if (signal.aborted) return;
        this.logger.warn({ error: rootMessage(error) }, 'Cannot look for deleted topics; retrying later');
      }
    }
  }
}
