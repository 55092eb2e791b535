export { createModelStore, type ModelStore } from './model-store';
export { StageWorker, type StageWorkerOptions } from './stage-worker';
export { stageWorkerProvider } from './stage-worker-provider';
