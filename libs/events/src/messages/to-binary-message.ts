import type { AnyEvent } from '../envelope/envelope';
import { InvalidEvent } from '../invalid-event';
import { contractOf } from '../registry';
import { JSON_TYPE, MAX_VALUE_BYTES, type OutgoingMessage } from './message';

/**
 * The event in Kafka binary content mode: attributes as `ce_*` headers, the data as the value
 * (CloudEvents Kafka protocol binding 1.0.2, 3.2).
 *
 * `Kafka.binary` of the package `cloudevents` is not used: it writes headers of value undefined and leaves the value an object;
 * its reader accepts string headers only, validates nothing, and overwrites `partitionkey`. Specs compare both with it.
 * @throws InvalidEvent when the data are too large for a broker
 */
export function toBinaryMessage(event: AnyEvent): OutgoingMessage {
  const { data, type, ...attributes } = event;
  const { topic, cloudEventType } = contractOf(type);
  const value = JSON.stringify(data);
  const size = Buffer.byteLength(value);
  if (size > MAX_VALUE_BYTES) {
    const remedy = 'put large data into the object store, and its reference into the event';
    throw new InvalidEvent(
      'data',
      `expected at most ${MAX_VALUE_BYTES} bytes of JSON; found ${size}; ${remedy}`,
    );
  }
  const headers: Record<string, string> = {
    'content-type': JSON_TYPE,
    ce_specversion: '1.0',
    ce_type: cloudEventType,
  };
  for (const [name, attribute] of Object.entries(attributes)) headers[`ce_${name}`] = attribute;
  return { topic, key: event.partitionkey, headers, value };
}
