import { trace } from '@opentelemetry/api';
import { startTracing } from './start-tracing';

it('follows no work through awaits where nobody asks for that; spans are still there', async () => {
  const stop = startTracing('test', undefined, false);
  await trace.getTracer('test').startActiveSpan('work', async (span) => {
    await Promise.resolve();
    expect(trace.getActiveSpan()).toBeUndefined();
    expect(span.spanContext().traceId).toMatch(/^[0-9a-f]{32}$/);
    span.end();
  });
  await stop();
});
