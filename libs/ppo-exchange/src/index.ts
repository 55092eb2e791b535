export { getArenaFile, putArenaFile } from './arena-object';
export { computeExclusively } from './compute-mutex';
export { datarefOf, readObject, removeObject, removeObjects } from './exchanged-objects';
export {
  ROLLOUT_GROUP,
  runIdField,
  SCORING_GROUP,
  VALUE_LEARNER_GROUP,
  workerGroup,
  worksOn,
} from './groups';
export { loadVersion, putWeights } from './model-versions';
export { learnerFolder, putRunDescription, type RunDescription } from './run-description';
export type { RunExecutor } from './run-executor';
export { SampleTableError } from './sample-table';
export { secondsSince } from './seconds-since';
export { getValueExperience, type IterationExperience, putValueExperience } from './value-experience';
export {
  getExperience,
  getPrompts,
  getRollouts,
  putExperience,
  putPrompts,
  putRollouts,
  removeWorkItems,
} from './work-item-objects';
export { WorkerServices } from './worker-services';
