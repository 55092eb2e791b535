import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { Bus } from '../bus';
import { EmbeddedDriver } from '../embedded/embedded-driver';
import type { Delivery } from '../message';
import { eventually, message } from '../testing/harness';

const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });

beforeAll(() => provider.register());
afterAll(async () => {
  await provider.shutdown();
  trace.disable();
  context.disable();
  propagation.disable();
});
beforeEach(() => exporter.reset());

async function handleOne(send: (bus: Bus) => Promise<void>, fail = false): Promise<Delivery> {
  const bus = new Bus({
    driver: new EmbeddedDriver(),
    retry: { attempts: 1, firstDelayMs: 0, maxDelayMs: 0 },
  });
  await bus.ensureTopics([{ name: 't' }]);
  const seen: Delivery[] = [];
  const handler = async (delivery: Delivery) => {
    seen.push(delivery);
    if (fail) throw new Error('no');
  };
  await bus.subscribe({ group: 'g', topics: ['t'], handler });
  await send(bus);
  await eventually(
    () => seen.length === 1,
    () => 'the message',
  );
  await bus.close();
  return seen[0];
}

const spans = () => exporter.getFinishedSpans();
const spanOf = (kind: SpanKind) => spans().find((span) => span.kind === kind)!;

describe('traces', () => {
  it('link the publisher, the message and the handler', async () => {
    const tracer = trace.getTracer('test');
    const delivery = await tracer.startActiveSpan('work', async (span) => {
      const handled = await handleOne((bus) => bus.publish([message('t', 'k', 'v')]));
      span.end();
      return handled;
    });
    const work = spans().find(({ name }) => name === 'work')!;
    const [producer, consumer] = [spanOf(SpanKind.PRODUCER), spanOf(SpanKind.CONSUMER)];
    expect([producer.name, consumer.name]).toEqual(['send t', 'process t']);
    expect(producer.parentSpanContext?.spanId).toBe(work.spanContext().spanId);
    expect(consumer.parentSpanContext?.spanId).toBe(producer.spanContext().spanId);
    expect(consumer.spanContext().traceId).toBe(work.spanContext().traceId);
    const { traceId, spanId } = producer.spanContext();
    expect(delivery.headers['traceparent']).toBe(`00-${traceId}-${spanId}-01`);
    expect(consumer.attributes).toMatchObject({
      'messaging.consumer.group.name': 'g',
      'messaging.kafka.offset': 0,
    });
  });

  it('continue the trace context that another system sends in CloudEvents headers', async () => {
    const traceId = '0123456789abcdef0123456789abcdef';
    const headers = { ce_traceparent: `00-${traceId}-0123456789abcdef-01` };
    await handleOne((bus) => bus.driver.publish([{ ...message('t', 'k', 'v'), headers }]));
    expect(spanOf(SpanKind.CONSUMER).spanContext().traceId).toBe(traceId);
  });

  it('record the error of a handler', async () => {
    await handleOne((bus) => bus.publish([message('t', 'k', 'v')]), true);
    expect(spanOf(SpanKind.CONSUMER).status).toEqual({ code: SpanStatusCode.ERROR, message: 'no' });
  });
});
