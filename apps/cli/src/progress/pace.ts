import type { StageStepped } from '@open-chatgpt/runs';
import { formatDuration, formatNumber } from '../terminal/format';

/** Weight of the newest report in the running means: recent speed counts, single hiccups do not. */
const NEWEST = 0.3;

/** Speed and remaining time of one stage, from its step reports. */
export class Pace {
  private secondsPerStep: number | null = null;
  private tokensPerSecond: number | null = null;

  /** @param metrics of a step that are shown */
  constructor(
    private lastStep: number,
    private readonly metrics: readonly string[] = [],
  ) {}

  /** The loss or reward, tokens per second and remaining time after this report. */
  update(event: StageStepped): { metric: string; speed: string; remaining: string } {
    const steps = Math.max(1, event.step - this.lastStep);
    this.lastStep = event.step;
    this.secondsPerStep = blend(this.secondsPerStep, event.seconds / steps);
    this.tokensPerSecond = blend(this.tokensPerSecond, event.tokens / Math.max(event.seconds, 1e-9));
    return {
      metric: this.metrics
        .filter((name) => event.metrics[name] !== undefined)
        .map((name) => `${name} ${formatNumber(event.metrics[name])}`)
        .join(', '),
      speed: `${formatNumber(Math.round(this.tokensPerSecond))} tokens/s`,
      remaining: `${formatDuration(this.secondsPerStep * (event.totalSteps - event.step))} left`,
    };
  }
}

function blend(mean: number | null, newest: number): number {
  return mean === null ? newest : NEWEST * newest + (1 - NEWEST) * mean;
}
