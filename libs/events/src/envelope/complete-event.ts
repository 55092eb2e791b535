import { contractOf, type DataOf, type EventType } from '../registry';
import type { EventOf, TraceContext } from './envelope';

interface Given extends TraceContext {
  id: string;
  source: string;
  time: string;
  subject?: string;
}

/** Adds the attributes that are derived from type and data. */
export function completeEvent<T extends EventType>(type: T, given: Given, data: DataOf<T>): EventOf<T> {
  const { key, dataschema } = contractOf(type);
  const partitionkey = key(data);
  const runid = 'runId' in data ? data.runId : undefined;
  const { id, source, time, subject = partitionkey, traceparent, tracestate } = given;
  const event = {
    id,
    source,
    type,
    time,
    subject,
    partitionkey,
    dataschema,
    ...(runid === undefined ? {} : { runid }),
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(tracestate === undefined ? {} : { tracestate }),
    data,
  };
  // The compiler cannot infer that all parts belong to the same T.
  return event as unknown as EventOf<T>;
}
