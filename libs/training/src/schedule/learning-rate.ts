export type SchedulerType = 'cosine' | 'linear' | 'constant';

export interface ScheduleOptions {
  lrSchedulerType: SchedulerType;
  /** Optimizer steps of the whole training. */
  totalSteps: number;
  /** More than 0 overrides `warmupRatio`. */
  warmupSteps?: number;
  /** Share of `totalSteps`; rounded up to whole steps. */
  warmupRatio?: number;
}

/** Steps of warm-up, as transformers.TrainingArguments.get_warmup_steps counts them. */
export function countWarmupSteps({ totalSteps, warmupSteps = 0, warmupRatio = 0 }: ScheduleOptions): number {
  return warmupSteps > 0 ? warmupSteps : Math.ceil(totalSteps * warmupRatio);
}

/**
 * The factor by which the peak learning rate is multiplied, as a function of the optimizer steps already done:
 * it rises from 0 in the warm-up, so that the very first step of a warm-up moves nothing; then half a cosine or
 * a line down to 0 at `totalSteps` and 0 after it, or 1 throughout.
 * Source: get_{cosine,linear,constant}_schedule_with_warmup of huggingface/transformers.
 */
export function learningRateFactor(options: ScheduleOptions): (stepsDone: number) => number {
  const { lrSchedulerType, totalSteps } = options;
  if (!Number.isInteger(totalSteps) || totalSteps < 1) {
    throw new Error(`learning-rate schedule: expected totalSteps of at least 1; found ${totalSteps}`);
  }
  const warmup = countWarmupSteps(options);
  return (stepsDone) => {
    if (stepsDone < warmup) return stepsDone / warmup;
    if (lrSchedulerType === 'constant') return 1;
    const progress = Math.min(1, (stepsDone - warmup) / Math.max(1, totalSteps - warmup));
    return lrSchedulerType === 'linear' ? 1 - progress : (1 + Math.cos(Math.PI * progress)) / 2;
  };
}
