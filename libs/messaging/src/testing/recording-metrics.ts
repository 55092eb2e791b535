import type { BusMetrics, Counter, Gauge, Histogram, Labels, Sample } from '../metrics';

/** Metrics that a test can inspect. */
export class RecordingMetrics implements BusMetrics {
  private readonly counts = new Map<string, number>();
  private readonly observations = new Map<string, number>();
  private readonly gauges = new Map<Gauge, () => Promise<Sample[]>>();

  count(counter: Counter, labels: Labels, by = 1): void {
    this.counts.set(id(counter, labels), this.counted(counter, labels) + by);
  }

  observe(histogram: Histogram, labels: Labels): void {
    this.observations.set(id(histogram, labels), this.observed(histogram, labels) + 1);
  }

  gauge(gauge: Gauge, read: () => Promise<Sample[]>): void {
    this.gauges.set(gauge, read);
  }

  counted(counter: Counter, labels: Labels): number {
    return this.counts.get(id(counter, labels)) ?? 0;
  }

  observed(histogram: Histogram, labels: Labels): number {
    return this.observations.get(id(histogram, labels)) ?? 0;
  }

  async read(gauge: Gauge): Promise<Sample[]> {
    return (await this.gauges.get(gauge)?.()) ?? [];
  }
}

function id(name: string, labels: Labels): string {
  return JSON.stringify([name, Object.entries(labels).sort()]);
}
