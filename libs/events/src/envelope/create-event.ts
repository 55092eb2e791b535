import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { invalidBecause } from '../invalid-event';
import { contractOf, type DataOf, type EventType } from '../registry';
import { completeEvent } from './complete-event';
import { type EventOf, source, type TraceContext, traceparent, tracestate } from './envelope';

const optionsSchema = z.strictObject({
  source,
  traceparent: traceparent.optional(),
  tracestate: tracestate.optional(),
  id: z.string().min(1).max(256).optional(),
});

export interface EventOptions extends TraceContext {
  /** The sender, as a URI reference such as `/sft-trainer/sft-trainer-0`. */
  source: string;
  /** A random UUID by default. An id derived from the work makes a repeated event a duplicate, which readers ignore. */
  id?: string;
}

/**
 * An event with the current time.
 * @throws InvalidEvent that names the field when the data violate the contract; unknown fields do
 */
export function createEvent<T extends EventType>(
  type: T,
  data: NoInfer<DataOf<T>>,
  options: EventOptions,
): EventOf<T> {
  const envelope = optionsSchema.safeParse(options);
  if (!envelope.success) throw invalidBecause(envelope.error.issues);
  const parsed = contractOf(type).data.safeParse(data);
  if (!parsed.success) throw invalidBecause(parsed.error.issues, 'data');
  // A caller may pass an id that is undefined.
  const { id = randomUUID(), ...rest } = envelope.data;
  return completeEvent(type, { id, time: new Date().toISOString(), ...rest }, parsed.data);
}
