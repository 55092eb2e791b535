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
  /** Who tells it: a URI reference such as `/sft-trainer/sft-trainer-0`. */
  source: string;
  /** A random UUID by default. One derived from the work makes what is sent again a duplicate that readers skip. */
  id?: string;
}

/**
 * An event that happens now.
 * @throws InvalidEvent naming the field when the data break the contract; unknown fields are refused as well
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
  return completeEvent(
    type,
    { id: randomUUID(), time: new Date().toISOString(), ...envelope.data },
    parsed.data,
  );
}
