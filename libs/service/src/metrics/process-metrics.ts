import { collectDefaultMetrics, Registry } from 'prom-client';

/** Longer than any process runs: see `collect`. */
const NEVER_MS = 2 ** 31 - 1;

let registry: Registry | undefined;

/** The metrics of this process, such as its memory. All services in the process share them. */
export function processMetrics(): Registry {
  registry ??= collect();
  return registry;
}

/**
 * Measures the event loop lag only when the metrics are read. Its percentiles are removed, because their timer wakes the
 * process a hundred times a second, which slows training down.
 */
function collect(): Registry {
  const all = new Registry();
  collectDefaultMetrics({ register: all, eventLoopMonitoringPrecision: NEVER_MS });
  for (const { name } of all.getMetricsAsArray())
    if (/^nodejs_eventloop_lag_(?!seconds$)/.test(name)) all.removeSingleMetric(name);
  return all;
}
