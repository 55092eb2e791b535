import { type BusMetrics, type Gauge as GaugeName, METRICS } from '@open-chatgpt/messaging';
import { Gauge } from 'prom-client';
import type { MetricsService } from '../metrics/metrics.service';

/** Seconds: from a short handler to a training run of hours. */
const HANDLER_BUCKETS = [0.01, 0.1, 1, 10, 60, 600, 3600, 7200, 21_600];

/** Registers the bus metrics in the service's registry. */
export function createBusMetrics(metrics: MetricsService): BusMetrics {
  return {
    count(name, labels, by = 1) {
      const { help, labels: names } = METRICS[name];
      metrics.counter(name, help, names as readonly string[]).inc(labels, by);
    },
    observe(name, labels, value) {
      const { help, labels: names } = METRICS[name];
      metrics.histogram(name, help, names as readonly string[], HANDLER_BUCKETS).observe(labels, value);
    },
    gauge(name: GaugeName, read) {
      const { help, labels: names } = METRICS[name];
      new Gauge({
        name,
        help,
        labelNames: [...names],
        registers: [metrics.registry],
        // Read on each scrape; an unavailable broker must not fail the whole scrape.
        async collect() {
          this.reset();
          for (const { labels, value } of await read().catch(() => [])) this.set(labels, value);
        },
      });
    },
  };
}
