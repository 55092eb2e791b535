import type { Counter } from 'prom-client';
import type { MetricsService } from '../metrics/metrics.service';

/** Counts the requests that were refused before their handler. */
export function refusedRequests(metrics: MetricsService): Counter<'reason'> {
  return metrics.counter('http_refused_total', 'Requests that were refused before their handler.', [
    'reason',
  ]);
}
