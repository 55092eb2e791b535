import type { DataOf } from '@open-chatgpt/events';
import type { MetricsService } from '@open-chatgpt/service';
import type { OutgoingEvent } from './outgoing-events';

const RUN = ['run', 'stage', 'algorithm'] as const;

/** Prometheus metrics of the runs of this process, from the events that it publishes. Gauges go when their run ends. */
export class RunMetrics {
  private readonly step;
  private readonly totalSteps;
  private readonly latest;
  private readonly tokens;
  private readonly seconds;
  /** Names of the metrics that a run has shown, by phase. */
  private readonly shown = new Map<string, Map<string, { phase: string; name: string }>>();

  constructor(metrics: MetricsService) {
    this.step = metrics.gauge('training_step', 'Steps that a run has taken.', RUN);
    this.totalSteps = metrics.gauge('training_total_steps', 'Steps that a run will take.', RUN);
    this.latest = metrics.gauge(
      'training_metric',
      'Latest value of a metric of a run, such as loss: phase "training" or "evaluation".',
      [...RUN, 'phase', 'name'],
    );
    this.tokens = metrics.counter('training_tokens_total', 'Tokens that a run has trained on.', RUN);
    this.seconds = metrics.counter('training_step_seconds_total', 'Seconds that steps took.', RUN);
  }

  observe(events: readonly OutgoingEvent[]): void {
    for (const { type, data } of events) {
      if (type === 'run.started') this.totalSteps.set(labelsOf(data), data.totalSteps);
      else if (type === 'run.progressed') this.progressed(data);
      else if (type === 'run.completed' || type === 'run.failed' || type === 'run.cancelled')
        this.ended(data);
    }
  }

  private progressed(data: DataOf<'run.progressed'>): void {
    const labels = labelsOf(data);
    const { phase, step, tokens, seconds } = data;
    this.step.set(labels, step);
    if (tokens !== undefined) this.tokens.inc(labels, tokens);
    if (seconds !== undefined) this.seconds.inc(labels, seconds);
    const shown = this.shown.get(data.runId) ?? new Map();
    this.shown.set(data.runId, shown);
    for (const [name, value] of Object.entries(data.metrics)) {
      this.latest.set({ ...labels, phase, name }, value);
      shown.set(`${phase} ${name}`, { phase, name });
    }
  }

  private ended(data: RunOf): void {
    const labels = labelsOf(data);
    this.step.remove(labels);
    this.totalSteps.remove(labels);
    for (const one of this.shown.get(data.runId)?.values() ?? []) this.latest.remove({ ...labels, ...one });
    this.shown.delete(data.runId);
  }
}

type RunOf = Pick<DataOf<'run.progressed'>, 'runId' | 'stage' | 'algorithm'>;

const labelsOf = ({ runId, stage, algorithm }: RunOf) => ({ run: runId, stage, algorithm });
