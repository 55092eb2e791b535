/** What is read of an error by kafkajs, which wraps the broker's reply in layers of `cause`. */
interface KafkaError extends Error {
  readonly type?: string;
  readonly retriable?: boolean;
}

/** Protocol errors after which a producer must be replaced: the broker lost track of its sequence numbers. */
const PRODUCER_STATE = ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID', 'INVALID_PRODUCER_EPOCH'];

function causes(error: unknown): KafkaError[] {
  const chain: KafkaError[] = [];
  for (let at = error; at instanceof Error && !chain.includes(at); at = at.cause) chain.push(at);
  return chain;
}

/**
 * What kafkajs calls final and is not: it has given up a request that it repeats, or the one broker that it asked does not
 * know yet who coordinates the group, as in a cluster that has just been made.
 */
const GIVEN_UP = ['KafkaJSNumberOfRetriesExceeded', 'KafkaJSGroupCoordinatorNotFound'];

/** Whether trying again later may help: the broker is away or busy, as against a wrong request or no permission. */
export function isTransient(error: unknown): boolean {
  return causes(error).some(
    ({ name, type, retriable }) =>
      retriable === true || GIVEN_UP.includes(name) || PRODUCER_STATE.includes(type ?? ''),
  );
}

/** Whether the broker does not let us, whatever the message. */
export function isForbidden(error: unknown): boolean {
  return causes(error).some(({ type }) => /AUTHORIZATION|AUTHENTICATION|SASL/.test(type ?? ''));
}

/** The innermost message, which names what really happened. */
export function rootMessage(error: unknown): string {
  return causes(error).at(-1)?.message ?? String(error);
}
