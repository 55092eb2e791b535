import type { LoopEvent } from '@open-chatgpt/runs';
import { addMetrics, meanMetrics } from './mean-metrics';

/** The metrics since the last report, in a checkpoint. */
export interface StepMeterState {
  sums: Record<string, number>;
  steps: number;
  tokens: number;
}

/** Accumulates mean metrics, tokens and elapsed time between two reports. */
export class StepMeter {
  private sums: Record<string, number> = {};
  private steps = 0;
  private tokens = 0;
  private since = performance.now();

  constructor(
    private readonly totalSteps: number,
    private readonly loggingSteps: number,
    private readonly listen: (event: LoopEvent) => void,
  ) {}

  state(): StepMeterState {
    return { sums: { ...this.sums }, steps: this.steps, tokens: this.tokens };
  }

  /** Restores the state of a checkpoint, so that a resumed run reports the same metrics as an uninterrupted one. */
  restore({ sums, steps, tokens }: StepMeterState): void {
    this.sums = { ...sums };
    this.steps = steps;
    this.tokens = tokens;
  }

  /** Excludes the time since the last report, which was not spent on training. */
  restartClock(): void {
    this.since = performance.now();
  }

  /** Adds the metrics of one step, and reports the means since the last report when a report is due; of the learning rate the last one. */
  add(step: number, metrics: Record<string, number>, tokens: number): void {
    addMetrics(this.sums, metrics);
    this.steps++;
    this.tokens += tokens;
    if (step % this.loggingSteps !== 0 && step !== this.totalSteps && step !== 1) return;
    const now = performance.now();
    const means = meanMetrics(this.sums, this.steps);
    const seconds = (now - this.since) / 1000;
    this.listen({
      type: 'step',
      step,
      totalSteps: this.totalSteps,
      metrics: means,
      tokens: this.tokens,
      seconds,
    });
    this.sums = {};
    this.steps = 0;
    this.tokens = 0;
    this.since = now;
  }
}
