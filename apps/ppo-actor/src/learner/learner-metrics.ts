import type { MetricsService } from '@open-chatgpt/service';
import type { BatchResult } from '@open-chatgpt/training';

/** Prometheus metrics of one run. */
export class LearnerMetrics {
  private readonly pendingItems;
  private readonly staleness;
  private readonly samples;
  private readonly dropped;
  private readonly duplicates;

  constructor(
    metrics: MetricsService,
    private readonly run: string,
  ) {
    this.pendingItems = metrics.gauge('ppo_pending_work_items', 'Work items without an answer.', ['run']);
    this.staleness = metrics.gauge(
      'ppo_staleness_versions',
      'Updates of the policy between sampling and learning, mean of the last iteration.',
      ['run'],
    );
    this.samples = metrics.counter('ppo_collected_samples_total', 'Samples received with scores.', ['run']);
    this.dropped = metrics.counter('ppo_dropped_samples_total', 'Samples dropped.', ['run', 'reason']);
    this.duplicates = metrics.counter('ppo_duplicate_answers_total', 'Answers to items that had one.', [
      'run',
    ]);
  }

  pending(items: number): void {
    this.pendingItems.set({ run: this.run }, items);
  }

  collected(results: readonly BatchResult[]): void {
    const { run } = this;
    const staleness = results.reduce((sum, result) => sum + result.staleness, 0) / results.length;
    this.staleness.set({ run }, staleness);
    for (const { samples, dropped } of results) {
      this.samples.inc({ run }, samples.length);
      for (const { reason } of dropped) this.dropped.inc({ run, reason });
    }
  }

  duplicate(): void {
    this.duplicates.inc({ run: this.run });
  }

  /** Removes the gauges, which would show the last values of a run that has ended. */
  stop(): void {
    this.pendingItems.remove({ run: this.run });
    this.staleness.remove({ run: this.run });
  }
}
