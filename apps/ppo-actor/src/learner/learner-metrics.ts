import type { MetricsService } from '@open-chatgpt/service';
import type { BatchResult } from '@open-chatgpt/training';

/** What Prometheus is told of a run by its learner. */
export class LearnerMetrics {
  private readonly openItems;
  private readonly staleness;
  private readonly samples;
  private readonly dropped;
  private readonly repeats;

  constructor(
    metrics: MetricsService,
    private readonly run: string,
  ) {
    this.openItems = metrics.gauge('ppo_open_items', 'Work items that were asked for and not answered yet.', [
      'run',
    ]);
    this.staleness = metrics.gauge(
      'ppo_staleness_versions',
      'Updates of the policy between sampling and learning, in the mean of the last items.',
      ['run'],
    );
    this.samples = metrics.counter('ppo_collected_samples_total', 'Samples that came back scored.', ['run']);
    this.dropped = metrics.counter('ppo_dropped_samples_total', 'Samples that came to nothing.', [
      'run',
      'reason',
    ]);
    this.repeats = metrics.counter('ppo_repeated_answers_total', 'Answers that nobody waited for.', ['run']);
  }

  open(items: number): void {
    this.openItems.set({ run: this.run }, items);
  }

  collected(results: readonly BatchResult[], open: number): void {
    const { run } = this;
    this.open(open);
    const staleness = results.reduce((sum, result) => sum + result.staleness, 0) / results.length;
    this.staleness.set({ run }, staleness);
    for (const { samples, dropped } of results) {
      this.samples.inc({ run }, samples.length);
      for (const { reason } of dropped) this.dropped.inc({ run, reason });
    }
  }

  repeated(): void {
    this.repeats.inc({ run: this.run });
  }

  /** Gauges of a run that is over would only mislead. */
  stop(): void {
    this.openItems.remove({ run: this.run });
    this.staleness.remove({ run: this.run });
  }
}
