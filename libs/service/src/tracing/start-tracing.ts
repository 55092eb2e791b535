import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

/**
 * Sends the spans that libs/messaging and the services make to an OpenTelemetry collector. Without an endpoint there are
 * none, at no cost.
 * @returns flushes what is left and ends
 */
export function startTracing(service: string, otlpEndpoint: string | undefined): () => Promise<void> {
  if (!otlpEndpoint) return async () => {};
  const exporter = new OTLPTraceExporter({ url: new URL('/v1/traces', otlpEndpoint).href });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': service }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  provider.register();
  return () => provider.shutdown();
}
