import type { IHeaders, KafkaMessage } from 'kafkajs';
import type { Delivery, TopicPartition } from '../message';

export function toDelivery({ topic, partition }: TopicPartition, message: KafkaMessage): Delivery {
  return {
    topic,
    partition,
    offset: Number(message.offset),
    timestamp: Number(message.timestamp),
    key: message.key?.toString() ?? null,
    headers: toText(message.headers ?? {}),
    value: message.value,
  };
}

/** Takes the last value of a header that occurs several times. */
function toText(headers: IHeaders): Record<string, string> {
  const text: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const last = Array.isArray(value) ? value.at(-1) : value;
    if (last !== undefined) text[name] = last.toString();
  }
  return text;
}
