import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

interface Tracing {
  provider: NodeTracerProvider;
  /** Services of this process that are running. */
  services: number;
}

/** One for a process: services that share it are told apart by their spans. */
let running: Tracing | null = null;

/**
 * Gives work a trace, which logs and events carry on; with an endpoint its spans go to an OpenTelemetry collector.
 * @param service what the process is called, by the first that starts in it
 * @param followed whether what is awaited belongs to the trace as well, which costs something with every promise
 * @returns flushes what is left, when the last service of the process ends
 */
export function startTracing(
  service: string,
  otlpEndpoint: string | undefined,
  followed = true,
): () => Promise<void> {
  running ??= { provider: createProvider(service, otlpEndpoint, followed), services: 0 };
  const joined = running;
  joined.services++;
  let left = false;
  return async () => {
    if (left) return;
    left = true;
    if (--joined.services > 0) return;
    running = null;
    await joined.provider.shutdown();
  };
}

function createProvider(
  service: string,
  otlpEndpoint: string | undefined,
  followed: boolean,
): NodeTracerProvider {
  const exporters = otlpEndpoint
    ? [new OTLPTraceExporter({ url: new URL('/v1/traces', otlpEndpoint).href })]
    : [];
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': service }),
    spanProcessors: exporters.map((exporter) => new BatchSpanProcessor(exporter)),
  });
  provider.register(followed ? {} : { contextManager: null });
  return provider;
}
