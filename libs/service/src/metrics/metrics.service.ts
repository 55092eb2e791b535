import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { processMetrics } from './process-metrics';

/** The metrics of one service, in one registry. A metric is created on its first use. */
@Injectable()
export class MetricsService {
  readonly registry = new Registry();

  private readonly ofProcess = processMetrics();

  /** The metrics of the service and of the process, in Prometheus' text format. */
  async text(): Promise<{ contentType: string; body: string }> {
    const all = Registry.merge([this.registry, this.ofProcess]);
    return { contentType: all.contentType, body: await all.metrics() };
  }

  counter<L extends string>(name: string, help: string, labelNames: readonly L[] = []): Counter<L> {
    const known = this.registry.getSingleMetric(name) as Counter<L> | undefined;
    return known ?? new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  /** @param collect sets the values whenever the metrics are read */
  gauge<L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[] = [],
    collect?: (gauge: Gauge<L>) => void,
  ): Gauge<L> {
    const known = this.registry.getSingleMetric(name) as Gauge<L> | undefined;
    if (known) return known;
    return new Gauge({
      name,
      help,
      labelNames,
      registers: [this.registry],
      ...(collect && {
        collect() {
          collect(this as Gauge<L>);
        },
      }),
    });
  }

  /** @param buckets upper bounds, in the unit at the end of the name */
  histogram<L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    buckets: number[],
  ): Histogram<L> {
    const known = this.registry.getSingleMetric(name) as Histogram<L> | undefined;
    return known ?? new Histogram({ name, help, labelNames, buckets, registers: [this.registry] });
  }
}
