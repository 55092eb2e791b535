export type {
  LoopEvent,
  RecordedEvent,
  Sample,
  StageEvent,
  StageFinished,
  StageListener,
  StageStepped,
} from './events';
export { createLedger, type LedgerReport, type LedgerState } from './ledger';
export { InUse } from './lock';
export { describeMachine, programVersion } from './machine';
export { peakRssMb } from './peak-memory';
export { type RecordedRun, readRun } from './read-run';
export {
  buildReport,
  factName,
  figureTitle,
  MOST_OVERLAID,
  type RunReport,
  renderOverlay,
  renderReport,
  reportPolicy,
  reportSchema,
  type StageReport,
  stageLabel,
} from './report';
export { eventsUpTo } from './resume';
export { openRunFolder, type RunFolder } from './run-folder';
export {
  foldersOfRun,
  InvalidRunRecordError,
  parseRunRecord,
  type RunRecord,
  type StoredCheckpoint,
} from './store/run-record';
export {
  attemptsKey,
  cancellationKey,
  checkpointPrefix,
  exchangePrefix,
  modelPrefix,
  recordKey,
  runOfCheckpoint,
  runOfExchange,
} from './store/store-keys';
