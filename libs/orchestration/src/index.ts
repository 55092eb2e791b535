export { dataref, identifier, stage, status, time } from './fields';
export {
  cancelledPipeline,
  interruptedPipeline,
  newPipeline,
  nextRequest,
  type Pipeline,
  pipelineAfter,
  pipelineHasEnded,
  pipelineSchema,
  resumedPipeline,
  stageOfPipeline,
  statusOf,
} from './pipeline';
export {
  newRun,
  type Run,
  type RunEvent,
  reopenedRun,
  runAfter,
  runEventTypes,
  runHasEnded,
  runSchema,
} from './run';
export { toStageEvents } from './stage-events';
export { type Silence, type Standstill, standingRun, standstillOf } from './standstill';
