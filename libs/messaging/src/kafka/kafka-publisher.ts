import { type Kafka, type Message, Partitioners, type Producer, type TopicMessages } from 'kafkajs';
import type { BusLogger } from '../logger';
import type { BusMessage } from '../message';
import { wait } from '../wait';
import { isForbidden, isTransient, rootMessage } from './kafka-errors';

interface Waiting {
  readonly messages: readonly BusMessage[];
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Sends messages in the order in which they were given, acknowledged by all replicas. One request is under way at a
 * time, and what comes meanwhile goes with the next: so a retry can overtake nothing. While the broker is away it
 * waits, for as long as it takes.
 */
export class KafkaPublisher {
  private readonly closing = new AbortController();
  private waiting: Waiting[] = [];
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
      this.waiting.push({ messages, resolve, reject });
      this.sending ??= this.sendAll();
    });
  }

  /** Sends what waits, for at most `patienceMs`; then rejects it and disconnects. */
  async close(patienceMs: number): Promise<void> {
    const patience = new AbortController();
    await Promise.race([this.sending, wait(patienceMs, patience.signal)]);
    patience.abort();
    this.closing.abort();
    await this.disconnect();
  }

  private async sendAll(): Promise<void> {
    while (this.waiting.length > 0) {
      const portion = this.waiting;
      this.waiting = [];
      try {
        await this.sendSurely(byTopic(portion.flatMap(({ messages }) => messages)));
        for (const { resolve } of portion) resolve();
      } catch (error) {
        if (portion.length === 1) portion[0].reject(error as Error);
        else await this.sendOneByOne(portion);
      }
    }
    this.sending = undefined;
  }

  /** One refused message must not take its neighbours with it. */
  private async sendOneByOne(portion: readonly Waiting[]): Promise<void> {
    for (const { messages, resolve, reject } of portion) {
      await this.sendSurely(byTopic(messages)).then(resolve, reject);
    }
  }

  private async sendSurely(topicMessages: TopicMessages[]): Promise<void> {
    for (;;) {
      try {
        await this.mustExist(topicMessages.map(({ topic }) => topic));
        this.connected ??= this.connect();
        await (await this.connected).sendBatch({ topicMessages, acks: -1 });
        return;
      } catch (error) {
        // A new producer has new sequence numbers: else the broker could take the next message for this one's repeat.
        await this.disconnect();
        if (this.closing.signal.aborted || !isTransient(error)) {
          const topics = topicMessages.map(({ topic }) => topic).join(', ');
          const failure = new Error(`Cannot publish to ${topics}: ${rootMessage(error)}`, { cause: error });
          throw Object.assign(failure, { infrastructure: isForbidden(error) });
        }
        this.logger.warn({ error: rootMessage(error) }, 'Kafka does not answer; publishing waits for it');
        await wait(500, this.closing.signal);
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
