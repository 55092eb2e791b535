import type { ClientMetrics, InformerMetrics, QueueMetrics } from '@open-chatgpt/kube';
import type { MetricsService } from '@open-chatgpt/service';

const SECONDS = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60];

/** How many resources there are of each kind and phase, as the leader sees them when the metrics are read. */
export function createResourceMetrics(
  metrics: MetricsService,
  resources: () => Iterable<{ kind: string; phase?: string }>,
): void {
  metrics.gauge(
    'operator_resources',
    'Resources by kind and phase; only the leader counts them.',
    ['kind', 'phase'],
    (gauge) => {
      gauge.reset();
      for (const { kind, phase = 'New' } of resources()) gauge.inc({ kind, phase });
    },
  );
}

/** The metrics of the calls to the API server, of the caches and of the work queues. */
export function createKubeMetrics(metrics: MetricsService): {
  client: ClientMetrics;
  queue: QueueMetrics;
  informer: InformerMetrics;
} {
  const calls = metrics.counter('operator_api_calls_total', 'Calls to the API server.', [
    'verb',
    'resource',
    'code',
  ]);
  const duration = metrics.histogram(
    'operator_api_call_seconds',
    'Time of calls to the API server.',
    ['verb'],
    SECONDS,
  );
  const throttled = metrics.counter(
    'operator_api_throttled_seconds_total',
    'Time that calls waited for the rate limit.',
  );
  const depth = metrics.gauge('operator_queue_depth', 'Keys that wait.', ['queue']);
  const waited = metrics.histogram(
    'operator_queue_wait_seconds',
    'Time from a change to its reconciliation.',
    ['queue'],
    SECONDS,
  );
  const worked = metrics.histogram(
    'operator_reconcile_seconds',
    'Time of a reconciliation.',
    ['queue'],
    SECONDS,
  );
  const retried = metrics.counter(
    'operator_reconcile_errors_total',
    'Reconciliations that failed and are repeated.',
    ['queue'],
  );
  const objects = metrics.gauge('operator_cached_objects', 'Objects in the caches.', ['resource']);
  const listed = metrics.counter('operator_lists_total', 'Lists of all objects of a kind.', [
    'resource',
    'reason',
  ]);
  const ended = metrics.counter('operator_watches_ended_total', 'Watches that ended.', [
    'resource',
    'reason',
  ]);
  return {
    client: {
      call: ({ verb, resource, code, seconds }) => {
        calls.inc({ verb, resource, code });
        if (verb !== 'watch') duration.observe({ verb }, seconds);
      },
      throttled: (seconds) => throttled.inc(seconds),
    },
    queue: {
      depth: (queue, n) => depth.set({ queue }, n),
      waited: (queue, seconds) => waited.observe({ queue }, seconds),
      worked: (queue, seconds) => worked.observe({ queue }, seconds),
      retried: (queue) => retried.inc({ queue }),
    },
    informer: {
      objects: (resource, count) => objects.set({ resource }, count),
      listed: (resource, reason) => listed.inc({ resource, reason }),
      watchEnded: (resource, reason) => ended.inc({ resource, reason }),
    },
  };
}
