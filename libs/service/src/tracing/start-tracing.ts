import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

interface Tracing {
  provider: NodeTracerProvider;
  /** How many services of this process are running. */
  services: number;
}

/** The tracing of this process; all services in the process share it. */
let running: Tracing | null = null;

/**
 * Starts tracing, whose ids logs and events carry. With an endpoint, spans are exported to an OpenTelemetry collector.
 * @param service the name of the process; the first service in it counts
 * @param tracksAsync whether the trace context is kept across awaits, which makes every promise slower
 * @returns stops tracing; the last service of the process flushes the remaining spans
 */
export function startTracing(
  service: string,
  otlpEndpoint: string | undefined,
  tracksAsync = true,
): () => Promise<void> {
  running ??= { provider: createProvider(service, otlpEndpoint, tracksAsync), services: 0 };
  const tracing = running;
  tracing.services++;
  let stopped = false;
  return async () => {
    if (stopped) return;
    stopped = true;
    if (--tracing.services > 0) return;
    running = null;
    await tracing.provider.shutdown();
  };
}

function createProvider(
  service: string,
  otlpEndpoint: string | undefined,
  tracksAsync: boolean,
): NodeTracerProvider {
  const exporters = otlpEndpoint
    ? [new OTLPTraceExporter({ url: new URL('/v1/traces', otlpEndpoint).href })]
    : [];
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': service }),
    spanProcessors: exporters.map((exporter) => new BatchSpanProcessor(exporter)),
  });
  provider.register(tracksAsync ? {} : { contextManager: null });
  return provider;
}
