export { type BaseModel, type BaseModelOptions, prepareBaseModel } from './base-model';
export * from './config';
export { type DatasetReference, datasetIdOf, datasetReferences, withDatasets } from './dataset-references';
export { exportModel } from './export-model';
export { type ModelReferences, modelIdOf, modelReferences } from './model-references';
export type { PipelineOverride } from './overrides';
export { formatPipeline, parsePipeline } from './parse';
export { type PipelinePlan, planPipeline, type StagePlan } from './plan';
export {
  type CreatePpoWorkers,
  createActor,
  createCritic,
  createPolicy,
  createValueTrainer,
} from './ppo-stage';
export { openRewardModel, type RewardModel } from './reward-stage';
export { type OnlyStage, type PipelineRun, runPipeline } from './run-pipeline';
export * from './sources';
export { cloneModel } from './stage-models';
export { weightsVersion } from './weights-version';
