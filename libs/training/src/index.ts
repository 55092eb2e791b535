export type { Actor } from './algorithms/ppo/actor';
export type { Critic } from './algorithms/ppo/critic';
export type { ScoredRollout, ValueExperience } from './algorithms/ppo/experience';
export type { Rollout } from './algorithms/ppo/rollout';
export { type PpoResult, type PpoRun, trainPpo } from './algorithms/ppo/train';
export type { ValueTrainer } from './algorithms/ppo/value-trainer';
export {
  type DroppedSample,
  type ItemResult,
  promptsPerItem,
  STALE,
  type WorkItem,
} from './algorithms/ppo/work-item';
export { type PpoWorkers, VALUE_STATE_FILE } from './algorithms/ppo/workers';
export { type RewardNormalization, RewardScorer } from './algorithms/reward/scorer';
export { type RewardResult, type RewardRun, trainReward } from './algorithms/reward/train';
export { type SftResult, type SftRun, trainSft } from './algorithms/sft/train';
export * from './checkpoint';
export * from './losses';
export * from './pipeline';
export * from './schedule';
export { StepAbandoned, TrainingDiverged, TrainingInterrupted } from './trainer/errors';
export type { StageEnvironment } from './trainer/stage-loop';
export { type ArenaFile, restoreWeightsFile, weightsFile } from './trainer/training-state';
