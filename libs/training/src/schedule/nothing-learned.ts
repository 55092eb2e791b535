import { learningRateFactor, type ScheduleOptions } from './learning-rate';

export interface LearningSettings extends Omit<ScheduleOptions, 'totalSteps'> {
  learningRate: number;
}

/** Warnings where the settings leave the weights of a stage as they are. */
export function nothingLearned(config: LearningSettings, totalSteps: number): string[] {
  if (config.learningRate === 0) return ['learningRate is 0: the model learns nothing; raise it'];
  const factor = learningRateFactor({ ...config, totalSteps });
  for (let step = 0; step < totalSteps; step++) if (factor(step) > 0) return [];
  return [
    `the learning rate of each of ${totalSteps} steps is 0, because a warm-up begins at 0: the model learns nothing; raise the number of steps, or set warmupRatio to 0`,
  ];
}

/** As `nothingLearned`, for the policy of PPO. */
export function nothingLearnedByPolicy({
  learningRate,
  criticWarmup,
  iterations,
}: {
  learningRate: number;
  criticWarmup: number;
  iterations: number;
}): string[] {
  if (learningRate === 0) return ['learningRate is 0: the policy learns nothing; raise it'];
  if (criticWarmup < iterations) return [];
  return [
    `criticWarmup is ${criticWarmup} and iterations ${iterations}: the policy learns nothing; lower criticWarmup or raise iterations`,
  ];
}
