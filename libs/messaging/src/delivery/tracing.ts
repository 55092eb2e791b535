import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { BusMessage, Delivery } from '../message';

const tracer = () => trace.getTracer('@open-chatgpt/messaging');

/** Sends under a producer span and gives the messages its `traceparent` and `tracestate` headers. */
export function tracePublishing(
  messages: readonly BusMessage[],
  send: (messages: readonly BusMessage[]) => Promise<void>,
): Promise<void> {
  const topics = [...new Set(messages.map(({ topic }) => topic))].join(',');
  const attributes = {
    'messaging.operation.type': 'send',
    'messaging.destination.name': topics,
    'messaging.batch.message_count': messages.length,
  };
  return tracer().startActiveSpan(`send ${topics}`, { kind: SpanKind.PRODUCER, attributes }, (span) =>
    ending(span, () => {
      const carried: Record<string, string> = {};
      propagation.inject(context.active(), carried);
      return send(messages.map((message) => ({ ...message, headers: { ...message.headers, ...carried } })));
    }),
  );
}

/** Handles under a consumer span that continues the trace of the message. */
export function traceHandling<T>(
  { topic, partition, offset, key, headers }: Delivery,
  group: string,
  handle: () => Promise<T>,
): Promise<T> {
  // Publishers of other make put it beside the other CloudEvents attributes.
  const carried = {
    traceparent: headers['traceparent'] ?? headers['ce_traceparent'],
    tracestate: headers['tracestate'] ?? headers['ce_tracestate'],
  };
  const attributes = {
    'messaging.operation.type': 'process',
    'messaging.destination.name': topic,
    'messaging.destination.partition.id': String(partition),
    'messaging.consumer.group.name': group,
    'messaging.kafka.offset': offset,
    ...(key === null ? {} : { 'messaging.kafka.message.key': key }),
  };
  const parent = propagation.extract(context.active(), carried);
  return tracer().startActiveSpan(
    `process ${topic}`,
    { kind: SpanKind.CONSUMER, attributes },
    parent,
    (span) => ending(span, handle),
  );
}

async function ending<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    span.recordException(error as Error);
    span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error)?.message });
    throw error;
  } finally {
    span.end();
  }
}
