import type { z } from 'zod';

/** The fields of PPO that divide an iteration into mini-batches and passes. */
export interface PpoSizes {
  iterations: number | null;
  totalEpisodes: number | null;
  rolloutBatchSize: number;
  numGenerations: number;
  numMiniBatches: number;
  perDeviceTrainBatchSize: number;
  gradientAccumulationSteps: number | null;
  learningRate: number;
  valueLearningRate: number | null;
}

const defaultIterations = 100;

/**
 * rolloutBatchSize = numMiniBatches × gradientAccumulationSteps × perDeviceTrainBatchSize must hold exactly,
 * so that every response is trained on equally often and every graph has one shape.
 */
export function checkPpoSizes(config: PpoSizes, context: z.core.$RefinementCtx): void {
  const complain = (field: keyof PpoSizes, message: string) =>
    context.addIssue({ code: 'custom', path: [field], message, input: config });
  const { rolloutBatchSize, numGenerations, numMiniBatches } = config;
  const { perDeviceTrainBatchSize, gradientAccumulationSteps } = config;
  if (!Number.isInteger(rolloutBatchSize / numGenerations)) {
    complain(
      'numGenerations',
      `expected a divisor of rolloutBatchSize (${rolloutBatchSize}); found ${numGenerations}`,
    );
  }
  const miniBatch = rolloutBatchSize / numMiniBatches;
  const passes = miniBatch / perDeviceTrainBatchSize;
  if (!Number.isInteger(miniBatch)) {
    complain(
      'numMiniBatches',
      `expected a divisor of rolloutBatchSize (${rolloutBatchSize}); found ${numMiniBatches}`,
    );
  } else if (!Number.isInteger(passes)) {
    complain(
      'perDeviceTrainBatchSize',
      `expected a divisor of rolloutBatchSize / numMiniBatches (${miniBatch}); found ${perDeviceTrainBatchSize}`,
    );
  } else if (gradientAccumulationSteps !== null && gradientAccumulationSteps !== passes) {
    complain(
      'gradientAccumulationSteps',
      `expected rolloutBatchSize / numMiniBatches / perDeviceTrainBatchSize (${passes}); ` +
        `found ${gradientAccumulationSteps}; leave it out to have it worked out`,
    );
  }
  if (config.iterations !== null && config.totalEpisodes !== null) {
    const wanted = Math.ceil(config.totalEpisodes / rolloutBatchSize);
    if (wanted !== config.iterations) {
      complain(
        'totalEpisodes',
        `asks for ${wanted} iterations, but iterations is ${config.iterations}; give one of them`,
      );
    }
  }
}

/** Fills in what follows from the other fields. */
export function resolvePpoSizes<T extends PpoSizes>(config: T) {
  const iterations =
    config.iterations ??
    (config.totalEpisodes === null
      ? defaultIterations
      : Math.ceil(config.totalEpisodes / config.rolloutBatchSize));
  return {
    ...config,
    iterations,
    totalEpisodes: iterations * config.rolloutBatchSize,
    gradientAccumulationSteps:
      config.rolloutBatchSize / config.numMiniBatches / config.perDeviceTrainBatchSize,
    valueLearningRate: config.valueLearningRate ?? config.learningRate,
  };
}
