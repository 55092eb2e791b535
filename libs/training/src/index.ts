export type { Algorithm } from './algorithms/algorithm';
export type { Actor } from './algorithms/ppo/actor';
export type { Critic } from './algorithms/ppo/critic';
export type { ScoredRollout, ValueExperience } from './algorithms/ppo/experience';
export { createActor, createCritic, createPolicy, createValueTrainer } from './algorithms/ppo/models';
export type { Rollout } from './algorithms/ppo/rollout';
export type {
  BatchResult,
  BatchSeconds,
  DroppedSample,
  Refusal,
  RolloutBatch,
  SamplePrompt,
} from './algorithms/ppo/rollout-batch';
export { ppoWith } from './algorithms/ppo/stage';
export type { ValueTrainer } from './algorithms/ppo/value-trainer';
export { type PpoWorkers, VALUE_STATE_FILE } from './algorithms/ppo/workers';
export { adoptCheckpoint } from './checkpoint/adopt';
export type { CheckpointContent } from './checkpoint/files';
export { type Checkpoint, latestCheckpoint } from './checkpoint/load';
export { planDevices, type StageOnDevices } from './device-plan/plan-devices';
export type { RankedMesh } from './device-plan/rank-meshes';
export { type BaseModel, prepareBaseModel } from './pipeline/base-model';
export { type ConversationScorer, openConversationScorer } from './pipeline/conversation-scorer';
export { type PipelinePlan, planPipeline } from './pipeline/plan';
export { type ResolveModel, resolveLocalModel } from './pipeline/resolve-model';
export { openRewardModel, type RewardModel } from './pipeline/reward-model';
export { tokenizerDataset } from './pipeline/run-models';
export { type OnlyStage, runPipeline } from './pipeline/run-pipeline';
export { cloneModel } from './pipeline/stage-models';
export { TextEmbedder } from './pipeline/text-embedder';
export { weightsVersion } from './pipeline/weights-version';
export { StepAbandoned, TrainingDiverged, TrainingInterrupted } from './trainer/errors';
export type { StageEnvironment } from './trainer/stage-loop';
export { untilStop } from './trainer/stop';
export { type ArenaFile, restoreWeightsFile, weightsFile } from './trainer/training-state';
