import type { Kafka } from 'kafkajs';
import type { BusDriver, PartitionLag, SubscribeOptions, Subscription, TopicSpec } from '../driver';
import { type BusLogger, silentLogger } from '../logger';
import type { BusMessage, Delivery } from '../message';
import { sleep, withTimeout } from '../timing';
import { unknownTopic } from '../unknown-topic';
import { createClient } from './create-client';
import { KafkaAdmin } from './kafka-admin';
import { isTransient, rootMessage } from './kafka-errors';
import type { KafkaOptions } from './kafka-options';
import { KafkaPublisher } from './kafka-publisher';
import { KafkaSubscription } from './kafka-subscription';
import { readTopic } from './read-topic';

const CHECK_MILLISECONDS = 5000;
const CLOSE_MILLISECONDS = 5000;

/** Between two attempts of a request that the broker cannot answer yet. */
const RETRY_MILLISECONDS = 500;

/** A reader waits for its answer: it gives up after a few seconds. */
const READ_ATTEMPTS = 10;

/** The bus for a cluster: Apache Kafka 2.4 or newer (tested with 4.1), through kafkajs. */
export class KafkaDriver implements BusDriver {
  readonly durable = true;
  private readonly kafka: Kafka;
  private readonly admin: KafkaAdmin;
  private readonly publisher: KafkaPublisher;
  private readonly logger: BusLogger;
  private readonly subscriptions = new Set<Subscription>();
  private readonly known = new Set<string>();
  private closed = false;
  private lastError = '';

  constructor(private readonly options: KafkaOptions) {
    this.logger = options.logger ?? silentLogger;
    this.kafka = createClient(options, (error) => {
      this.lastError = error;
    });
    this.admin = new KafkaAdmin(this.kafka, options.replicationFactor);
    this.publisher = new KafkaPublisher(this.kafka, this.logger, (topics) => this.mustExist(topics));
  }

  publish(messages: readonly BusMessage[]): Promise<void> {
    return this.publisher.send(messages);
  }

  async subscribe(options: SubscribeOptions): Promise<Subscription> {
    const { sessionTimeoutMs = 30_000, heartbeatIntervalMs = 3000 } = this.options;
    const subscription = new KafkaSubscription(options, {
      kafka: this.kafka,
      admin: this.admin,
      mustExist: (topics) => this.mustExist(topics),
      logger: this.logger,
      sessionTimeout: sessionTimeoutMs,
      heartbeatInterval: heartbeatIntervalMs,
    });
    this.subscriptions.add(subscription);
    await subscription.start();
    return subscription;
  }

  /** Retries while the broker is unavailable, as publishing and subscribing do. */
  ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    return this.again('creating topics', () => this.admin.createTopics(topics));
  }

  lag(group: string, topics: readonly string[]): Promise<PartitionLag[]> {
    return this.admin.lag(group, topics);
  }

  async read(topic: string): Promise<Delivery[]> {
    await this.mustExist([topic]);
    return this.again('reading the topic', () => readTopic(this.kafka, this.admin, topic), READ_ATTEMPTS);
  }

  check(): Promise<void> {
    const { brokers } = this.options;
    this.lastError = '';
    return withTimeout(CHECK_MILLISECONDS, this.admin.check(), () => {
      return new Error(
        `Kafka at ${brokers.join(', ')} did not answer within ${CHECK_MILLISECONDS / 1000} s` +
          `${this.lastError && ` (${this.lastError})`}.`,
      );
    });
  }

  async close(): Promise<void> {
    this.closed = true;
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
        if (this.closed || !isTransient(error) || made >= attempts) throw error;
        this.logger.warn({ error: rootMessage(error) }, `Waiting for Kafka; ${what} is retried`);
        await sleep(RETRY_MILLISECONDS);
      }
    }
  }

  /** Throws when a topic does not exist, because kafkajs would retry without end. */
  private async mustExist(topics: readonly string[]): Promise<void> {
    const unchecked = topics.filter((topic) => !this.known.has(topic));
    const [missing] = unchecked.length > 0 ? await this.admin.missing(unchecked) : [];
    if (missing !== undefined) throw unknownTopic(missing);
    for (const topic of topics) this.known.add(topic);
  }
}
