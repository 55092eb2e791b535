export { runTrainer, runTrainerProgram } from './run-trainer';
export type { StageVariation } from './stage-worker';
export { stageWorkerProvider } from './stage-worker-provider';
export { TrainerConsumer } from './trainer.consumer';
export { TrainerModule, trainerGroups } from './trainer.module';
