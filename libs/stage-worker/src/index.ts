export { type StageVariation, StageWorker, type StageWorkerOptions } from './stage-worker';
export { stageWorkerProvider } from './stage-worker-provider';
