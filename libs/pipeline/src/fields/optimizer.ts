import { z } from 'zod';
import { count, decay, MOST, nonNegative, positive } from './fields';

export const schedulerTypes = ['cosine', 'linear', 'constant'] as const;

/** Fields of AdamW, clipping and the learning-rate schedule, as transformers.TrainingArguments names them. */
export function optimizerFields(defaults: {
  learningRate: number;
  adamEpsilon: number;
  lrSchedulerType: (typeof schedulerTypes)[number];
  warmupRatio: number;
}) {
  return {
    learningRate: nonNegative(defaults.learningRate, 'peak learning rate of AdamW'),
    weightDecay: nonNegative(0, 'decoupled weight decay, on matrices only'),
    adamBeta1: decay(0.9, 'decay of the first moment'),
    adamBeta2: decay(0.999, 'decay of the second moment'),
    adamEpsilon: positive(defaults.adamEpsilon, 'added to the root of the second moment'),
    maxGradNorm: nonNegative(1, 'clip gradients to this global norm; 0 does not clip'),
    lrSchedulerType: z
      .enum(schedulerTypes)
      .default(defaults.lrSchedulerType)
      .describe('shape of the learning rate after the warm-up'),
    warmupRatio: z
      .number()
      .min(0)
      .max(1)
      .default(defaults.warmupRatio)
      .describe('share of the steps in which the learning rate rises from 0'),
    warmupSteps: count(0, MOST.steps, 'steps of warm-up; more than 0 overrides warmupRatio', 0),
  };
}
