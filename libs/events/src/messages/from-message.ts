import { z } from 'zod';
import { completeEvent } from '../envelope/complete-event';
import { type AnyEvent, source, traceparent, tracestate } from '../envelope/envelope';
import { InvalidEvent, invalidBecause } from '../invalid-event';
import { contractOf, eventTypes } from '../registry';
import { decodeMessage, decodeText } from './decode';
import type { IncomingMessage } from './message';
import { readTolerantly } from './read-tolerantly';

const byCloudEventType = new Map(eventTypes.map((type) => [contractOf(type).cloudEventType, type]));

/** Attributes of a received CloudEvent; unknown extensions are left out. */
const attributesSchema = z.object({
  specversion: z.literal('1.0'),
  id: z.string().min(1).max(256),
  source,
  type: z.string(),
  time: z.iso.datetime({ offset: true }),
  subject: z.string().min(1).max(1024).optional(),
  dataschema: z.string().optional(),
  partitionkey: z.string().optional(),
  runid: z.string().optional(),
  // W3C Trace Context: an invalid header starts a new trace; it does not make the message invalid.
  traceparent: traceparent.optional().catch(undefined),
  tracestate: tracestate.optional().catch(undefined),
});

function expectEqual(field: string, found: string | undefined, expected: string | undefined): void {
  if (found === expected) return;
  throw new InvalidEvent(field, `expected ${JSON.stringify(expected)}; found ${JSON.stringify(found)}`);
}

/**
 * Decodes and validates a message in binary or structured content mode: the envelope, the data, and that topic and key are
 * those of the event.
 * @throws InvalidEvent that names the field: such a message belongs in the dead-letter queue
 */
export function fromMessage(message: IncomingMessage): AnyEvent {
  try {
    return readMessage(message);
  } catch (error) {
    if (error instanceof InvalidEvent) throw error;
    throw new InvalidEvent('message', `cannot be validated: ${(error as Error).message}`);
  }
}

function readMessage(message: IncomingMessage): AnyEvent {
  const raw = decodeMessage(message);
  const envelope = attributesSchema.safeParse(raw.attributes);
  if (!envelope.success) throw invalidBecause(envelope.error.issues);
  const { partitionkey, dataschema, runid, ...given } = envelope.data;

  const type = byCloudEventType.get(given.type);
  if (type === undefined) {
    throw new InvalidEvent('type', `"${given.type}" is not among the event types of this version`);
  }
  const contract = contractOf(type);
  expectEqual('topic', message.topic, contract.topic);
  if (dataschema !== undefined) expectEqual('dataschema', dataschema, contract.dataschema);

  const event = completeEvent(type, given, readTolerantly(contract.data, raw.data, 'data'));
  const key = message.key == null ? undefined : decodeText(message.key, 'key');
  expectEqual('key', key, event.partitionkey);
  if (partitionkey !== undefined) expectEqual('partitionkey', partitionkey, event.partitionkey);
  if (runid !== undefined) expectEqual('runid', runid, event.runid);
  return event;
}
