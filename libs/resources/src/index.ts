export { customResourceDefinitions } from './crd/definitions';
export type { Dataset, DatasetStatus } from './dataset';
export { API_VERSION, GROUP, labels, RESUME_ANNOTATION } from './group';
export type { Model, ModelStatus } from './model';
export type { ModelServer, ModelServerStatus } from './model-server';
export type { PodSettings, ScaledSettings } from './pods';
export {
  podsOfStage,
  type RlhfPipeline,
  type RlhfPipelineSpec,
  type RlhfPipelineStatus,
} from './rlhf-pipeline';
export type { TrainingRun, TrainingRunStatus } from './training-run';
