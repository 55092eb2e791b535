export interface EpochConfig {
  numTrainEpochs: number;
  maxSteps: number;
  perDeviceTrainBatchSize: number;
  gradientAccumulationSteps: number;
}

/** Number of optimizer steps over `examples` rows: `maxSteps`, else the steps of `numTrainEpochs`, rounded up. */
export function countTotalSteps(config: EpochConfig, examples: number): number {
  if (config.maxSteps > 0) return config.maxSteps;
  const rowsPerStep = config.perDeviceTrainBatchSize * config.gradientAccumulationSteps;
  return Math.max(1, Math.ceil((config.numTrainEpochs * examples) / rowsPerStep));
}
