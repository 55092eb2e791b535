import { collectDefaultMetrics, Registry } from 'prom-client';

/** Longer than a process lives: see below. */
const NEVER_MS = 2 ** 31 - 1;

let registry: Registry | undefined;

/** The metrics of this process, such as its memory: measured once, however many services run in it. */
export function processMetrics(): Registry {
  registry ??= collect();
  return registry;
}

/**
 * The delay of the event loop is measured when somebody asks. Its distribution is left out: the timer behind it wakes the
 * process a hundred times a second, and takes its core from training each time.
 */
function collect(): Registry {
  const all = new Registry();
  collectDefaultMetrics({ register: all, eventLoopMonitoringPrecision: NEVER_MS });
  for (const { name } of all.getMetricsAsArray())
    if (/^nodejs_eventloop_lag_(?!seconds$)/.test(name)) all.removeSingleMetric(name);
  return all;
}
