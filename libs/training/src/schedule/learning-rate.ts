export type SchedulerType = 'cosine' | 'linear' | 'constant';

export interface ScheduleOptions {
  lrSchedulerType: SchedulerType;
  /** Optimizer steps of the whole training. */
  totalSteps: number;
  /** More than 0 overrides `warmupRatio`. */
  warmupSteps?: number;
  /** Fraction of `totalSteps`, rounded up to whole steps. */
  warmupRatio?: number;
}

/** Number of warm-up steps, as in transformers.TrainingArguments.get_warmup_steps. */
export function countWarmupSteps({ totalSteps, warmupSteps = 0, warmupRatio = 0 }: ScheduleOptions): number {
  return warmupSteps > 0 ? warmupSteps : Math.ceil(totalSteps * warmupRatio);
}

/**
 * The factor on the peak learning rate, as a function of the number of completed optimizer steps. It rises linearly from 0
 * during the warm-up, so the first step of a warm-up changes nothing. Then it falls to 0 at `totalSteps`, as half a cosine
 * or linearly, or stays 1.
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
