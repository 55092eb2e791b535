/** A message to send, as a Kafka client takes it, with its topic. */
export interface OutgoingMessage {
  topic: string;
  key: string;
  headers: Record<string, string>;
  value: string;
}

type HeaderValue = string | Uint8Array;

/** A received message, as a Kafka client returns it. */
export interface IncomingMessage {
  topic: string;
  key?: string | Uint8Array | null;
  headers?: Readonly<Record<string, HeaderValue | readonly HeaderValue[] | undefined>>;
  value: string | Uint8Array | null;
}

export const JSON_TYPE = 'application/json';
export const STRUCTURED_TYPE = 'application/cloudevents+json';

/** By default, Kafka brokers reject messages of more than 1 MiB, with headers and framing. */
export const MAX_VALUE_BYTES = 1_000_000;
