import { trace } from '@opentelemetry/api';
import { startTracing } from './start-tracing';

it('creates spans without async context tracking when that is switched off', async () => {
  const stop = startTracing('test', undefined, false);
  await trace.getTracer('test').startActiveSpan('work', async (span) => {
    await Promise.resolve();
    expect(trace.getActiveSpan()).toBeUndefined();
    expect(span.spanContext().traceId).toMatch(/^[0-9a-f]{32}$/);
    span.end();
  });
  await stop();
});
