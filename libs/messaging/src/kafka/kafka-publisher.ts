import { type Kafka, type Message, Partitioners, type Producer, type TopicMessages } from 'kafkajs';
import type { BusLogger } from '../logger';
import type { BusMessage } from '../message';
import { sleep } from '../timing';
import { isAccessDenied, isTransient, rootMessage } from './kafka-errors';

interface PendingSend {
  readonly messages: readonly BusMessage[];
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Sends messages in the order of the calls, acknowledged by all replicas. Only one request is in flight at a time, and
 * the next one carries all messages that arrive meanwhile: so a retry cannot change the order. While the broker is
 * unavailable, it retries without a time limit.
 */
export class KafkaPublisher {
  private readonly closing = new AbortController();
  private pending: PendingSend[] = [];
  private sending: Promise<void> | undefined;
  private connected: Promise<Producer> | undefined;

  constructor(
    private readonly kafka: Kafka,
    private readonly logger: BusLogger,
    private readonly mustExist: (topics: readonly string[]) => Promise<void>,
  ) {}

  send(messages: readonly BusMessage[]): Promise<void> {
    if (this.closing.signal.aborted) return Promise.reject(new Error('The Kafka driver is closed.'));
    if (messages.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.pending.push({ messages, resolve, reject });
      this.sending ??= this.sendAll();
    });
  }

  /** Sends pending messages for at most `timeoutMs`; then rejects the others and disconnects. */
  async close(timeoutMs: number): Promise<void> {
    const timeout = new AbortController();
    await Promise.race([this.sending, sleep(timeoutMs, timeout.signal)]);
    timeout.abort();
    this.closing.abort();
    await this.disconnect();
  }

  private async sendAll(): Promise<void> {
    while (this.pending.length > 0) {
      const batch = this.pending;
      this.pending = [];
      try {
        await this.sendWithRetry(byTopic(batch.flatMap(({ messages }) => messages)));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        if (batch.length === 1) batch[0].reject(error as Error);
        else await this.sendOneByOne(batch);
      }
    }
    this.sending = undefined;
  }

  /** A message that the broker rejects must not fail the others of its batch. */
  private async sendOneByOne(batch: readonly PendingSend[]): Promise<void> {
    for (const { messages, resolve, reject } of batch) {
      await this.sendWithRetry(byTopic(messages)).then(resolve, reject);
    }
  }

  private async sendWithRetry(topicMessages: TopicMessages[]): Promise<void> {
    for (;;) {
      try {
        await this.mustExist(topicMessages.map(({ topic }) => topic));
        this.connected ??= this.connect();
        await (await this.connected).sendBatch({ topicMessages, acks: -1 });
        return;
      } catch (error) {
        // A new producer has new sequence numbers. Else the broker could take the next message for a duplicate of this one.
        await this.disconnect();
        if (this.closing.signal.aborted || !isTransient(error)) {
          const topics = topicMessages.map(({ topic }) => topic).join(', ');
          const failure = new Error(`Cannot publish to ${topics}: ${rootMessage(error)}`, { cause: error });
          throw Object.assign(failure, { infrastructure: isAccessDenied(error) });
        }
        this.logger.warn({ error: rootMessage(error) }, 'Kafka does not answer; publishing is retried');
        await sleep(500, this.closing.signal);
      }
    }
  }

  private async connect(): Promise<Producer> {
    const producer = this.kafka.producer({
      idempotent: true,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    return producer;
  }

  private async disconnect(): Promise<void> {
    const connected = this.connected;
    this.connected = undefined;
    await connected?.then((producer) => producer.disconnect()).catch(() => undefined);
  }
}

function byTopic(messages: readonly BusMessage[]): TopicMessages[] {
  const topics = new Map<string, Message[]>();
  for (const { topic, key, headers, value } of messages) {
    const list = topics.get(topic) ?? [];
    list.push({ key, headers: { ...headers }, value });
    topics.set(topic, list);
  }
  return [...topics].map(([topic, list]) => ({ topic, messages: list }));
}
