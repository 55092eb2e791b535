export { customResourceDefinitions } from './crd/definitions';
export type { Dataset } from './dataset';
export { API_VERSION, GROUP, labels, RESUME_ANNOTATION } from './group';
export type { Model } from './model';
export type { ModelServer } from './model-server';
export type { PodSettings, ScaledSettings } from './pods';
export {
  podsOfStage,
  type RlhfPipeline,
  type RlhfPipelineSpec,
  type RlhfPipelineStatus,
} from './rlhf-pipeline';
export type { TrainingRun, TrainingRunStatus } from './training-run';
