export { getArenaFile, putArenaFile } from './arena-object';
export { datarefOf, keyOf, readObject, removeObject, removeObjects } from './dataref';
export { getExperience, type IterationExperience, putExperience } from './experience-object';
export { ROLLOUT_GROUP, SCORING_GROUP, VALUE_LEARNER_GROUP } from './groups';
export { loadVersion, putWeights } from './model-versions';
export {
  getRunDescription,
  putRunDescription,
  type RunDescription,
  workFolder,
} from './run-description';
export { RunWork } from './run-work';
export {
  droppedFromEvent,
  droppedToEvent,
  rolloutFromEvent,
  rolloutToEvent,
  scoredFromEvent,
  scoredToEvent,
} from './samples';
export { SharedModels } from './shared-models';
export { inTurn } from './turns';
