import { z } from 'zod';
import type { DataOf, EventType } from '../registry';

/** W3C Trace Context. */
export interface TraceContext {
  traceparent?: string;
  tracestate?: string;
}

/** A CloudEvent 1.0 of one of our types; `switch (event.type)` narrows it. */
export type EventOf<T extends EventType> = T extends EventType
  ? TraceContext & {
      /** Unique within `source`: a second event of the same id and source is a duplicate. */
      id: string;
      /** The sender, such as `/sft-trainer/sft-trainer-0`. */
      source: string;
      type: T;
      /** RFC 3339. */
      time: string;
      /** The subject: the run, the dataset, the model. */
      subject: string;
      /** The Kafka key. */
      partitionkey: string;
      /** Name of the JSON Schema of the data. */
      dataschema: string;
      /** The run, to correlate its events. */
      runid?: string;
      data: DataOf<T>;
    }
  : never;

export type AnyEvent = EventOf<EventType>;

const zeros = /^0+$/;

export const traceparent = z.string().refine(
  (value) => {
    const [, version, trace, span] =
      /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/.exec(value) ?? [];
    return version !== undefined && version !== 'ff' && !zeros.test(trace) && !zeros.test(span);
  },
  { error: ({ input }) => `expected a W3C traceparent such as 00-<32 hex>-<16 hex>-01; found "${input}"` },
);

export const tracestate = z.string().max(512);

/** A URI reference without spaces, as CloudEvents requires. */
export const source = z
  .string()
  .max(256)
  .regex(/^[^\s<>"{}|\\^`]+$/, 'expected a URI reference without spaces, such as /gateway');
