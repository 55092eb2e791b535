import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { BusMessage, Delivery } from '../message';

const tracer = () => trace.getTracer('@open-chatgpt/messaging');

/** Publishes in a producer span, and adds its `traceparent` and `tracestate` headers to the messages. */
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
    inSpan(span, () => {
      const traceHeaders: Record<string, string> = {};
      propagation.inject(context.active(), traceHeaders);
      return send(
        messages.map((message) => ({ ...message, headers: { ...message.headers, ...traceHeaders } })),
      );
    }),
  );
}

/** Handles a message in a consumer span that continues the message's trace. */
export function traceHandling<T>(
  { topic, partition, offset, key, headers }: Delivery,
  group: string,
  handle: () => Promise<T>,
): Promise<T> {
  // Other CloudEvents publishers send the trace context as CloudEvents attributes.
  const traceHeaders = {
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
  const parent = propagation.extract(context.active(), traceHeaders);
  return tracer().startActiveSpan(
    `process ${topic}`,
    { kind: SpanKind.CONSUMER, attributes },
    parent,
    (span) => inSpan(span, handle),
  );
}

async function inSpan<T>(span: Span, work: () => Promise<T>): Promise<T> {
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
