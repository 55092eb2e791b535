/** The fields that we read from a kafkajs error. kafkajs wraps the broker's reply in several layers of `cause`. */
interface KafkaError extends Error {
  readonly type?: string;
  readonly retriable?: boolean;
}

/** Protocol errors after which a producer must be replaced: the broker no longer knows its sequence numbers. */
const PRODUCER_STATE = ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID', 'INVALID_PRODUCER_EPOCH'];

function causes(error: unknown): KafkaError[] {
  const chain: KafkaError[] = [];
  for (let at = error; at instanceof Error && !chain.includes(at); at = at.cause) chain.push(at);
  return chain;
}

/**
 * Errors that kafkajs marks as final although a later attempt may succeed: its own retries are used up, or the broker does
 * not know the group's coordinator yet, as in a new cluster.
 */
const RETRIES_EXHAUSTED = ['KafkaJSNumberOfRetriesExceeded', 'KafkaJSGroupCoordinatorNotFound'];

/** The broker answers, and what it has been asked for is not there yet. */
export class NotReadyError extends Error {
  readonly retriable = true;
}

/** Whether a later attempt may succeed: the broker is unavailable or busy. False for an invalid request or a missing permission. */
export function isTransient(error: unknown): boolean {
  return causes(error).some(
    ({ name, type, retriable }) =>
      retriable === true || RETRIES_EXHAUSTED.includes(name) || PRODUCER_STATE.includes(type ?? ''),
  );
}

/** Whether the broker denies access, whatever the message is. */
export function isAccessDenied(error: unknown): boolean {
  return causes(error).some(({ type }) => /AUTHORIZATION|AUTHENTICATION|SASL/.test(type ?? ''));
}

/** The message of the innermost cause, which names the original failure. */
export function rootMessage(error: unknown): string {
  return causes(error).at(-1)?.message ?? String(error);
}
