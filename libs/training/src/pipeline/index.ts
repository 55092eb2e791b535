export { type BaseModel, type BaseModelOptions, prepareBaseModel } from './base-model';
export { exportModel } from './export-model';
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
export { cloneModel } from './stage-models';
export { weightsVersion } from './weights-version';
