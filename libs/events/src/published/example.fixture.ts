import { type EventOf, fromMessage } from '..';
import type { EventType } from '../registry';
import { contractOf } from '../registry';
import { goldenEvents } from './golden';

const golden = goldenEvents();

/** The golden event of a type, read as it would be from Kafka. */
export function goldenEvent<T extends EventType>(type: T): EventOf<T> {
  const event = golden[type];
  return fromMessage({
    topic: contractOf(type).topic,
    key: event.partitionkey,
    headers: { 'content-type': 'application/cloudevents+json' },
    value: JSON.stringify(event),
  }) as EventOf<T>;
}
