import type { TopicSpec } from '../driver';
import type { BusMessage, Delivery } from '../message';

const PREFIX = 'dlq-';

/** A message that a group could not handle, as stored in the dead-letter topic of its topic. */
export interface DeadLetter {
  /** The original message. */
  readonly message: BusMessage;
  readonly partition: number;
  readonly offset: number;
  readonly group: string;
  /** `invalid`: rejected at once; `failed`: all attempts failed. */
  readonly reason: 'invalid' | 'failed';
  readonly error: string;
  readonly attempts: number;
  /** RFC 3339. */
  readonly failedAt: string;
  /** Its position in the dead-letter topic. */
  readonly at: { readonly topic: string; readonly partition: number; readonly offset: number };
}

export function deadLetterTopic(topic: string): string {
  return `${topic}.dlq`;
}

/** One partition, so that a replay keeps the order. Its messages are kept until they are replayed or discarded. */
export function deadLetterTopicSpec(topic: string): TopicSpec {
  return { name: deadLetterTopic(topic), partitions: 1, keepForever: true };
}

export type Failure = Pick<DeadLetter, 'group' | 'reason' | 'error' | 'attempts'>;

export function toDeadLetter(
  { topic, partition, offset, key, headers, value }: Delivery,
  { group, reason, error, attempts }: Failure,
): BusMessage {
  const fields = {
    topic,
    partition,
    offset,
    group,
    reason,
    error,
    attempts,
    'failed-at': new Date().toISOString(),
  };
  const added = Object.fromEntries(
    Object.entries(fields).map(([name, text]) => [PREFIX + name, String(text)]),
  );
  return { topic: deadLetterTopic(topic), key, headers: { ...headers, ...added }, value };
}

/** @throws Error when the message is not a dead letter */
export function fromDeadLetter({ topic, partition, offset, key, headers, value }: Delivery): DeadLetter {
  const read = (name: string) => {
    const text = headers[PREFIX + name];
    if (text !== undefined) return text;
    throw new Error(
      `${topic}, partition ${partition}, offset ${offset}: the header ${PREFIX}${name} is missing; the message is not a dead letter.`,
    );
  };
  const own = Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(PREFIX)));
  return {
    message: { topic: read('topic'), key, headers: own, value },
    partition: Number(read('partition')),
    offset: Number(read('offset')),
    group: read('group'),
    reason: read('reason') === 'invalid' ? 'invalid' : 'failed',
    error: read('error'),
    attempts: Number(read('attempts')),
    failedAt: read('failed-at'),
    at: { topic, partition, offset },
  };
}
