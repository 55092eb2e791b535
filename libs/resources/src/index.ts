export { customResourceDefinitions } from './crd/definitions';
export type { Dataset, DatasetStatus } from './dataset';
export { API_VERSION, GROUP, labels, labelValue, RESUME_ANNOTATION } from './group';
export type { Model, ModelStatus } from './model';
export type { ModelServer, ModelServerStatus } from './model-server';
export { pipelineFileOf } from './pipeline-fields';
export type { PodSettings, ScaledSettings } from './pods';
export {
  pipelineIdOf,
  podsOfStage,
  type RlhfPipeline,
  type RlhfPipelineStatus,
} from './rlhf-pipeline';
export type { TrainingRun, TrainingRunStatus } from './training-run';
