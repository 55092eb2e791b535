/** A message as it is sent: what a Kafka client takes, apart from the topic. */
export interface OutgoingMessage {
  topic: string;
  key: string;
  headers: Record<string, string>;
  value: string;
}

type HeaderValue = string | Uint8Array;

/** A message as a Kafka client gives it. */
export interface IncomingMessage {
  topic: string;
  key?: string | Uint8Array | null;
  headers?: Readonly<Record<string, HeaderValue | readonly HeaderValue[] | undefined>>;
  value: string | Uint8Array | null;
}

export const JSON_TYPE = 'application/json';
export const STRUCTURED_TYPE = 'application/cloudevents+json';

/** Kafka brokers refuse messages of more than 1 MiB by default, headers and framing included. */
export const MAX_VALUE_BYTES = 1_000_000;
