export { foldersOfRun } from './claimed-run';
export { checkpointPrefix } from './run-checkpoints';
export { type StageVariation, StageWorker, type StageWorkerOptions } from './stage-worker';
export { stageWorkerProvider } from './stage-worker-provider';
