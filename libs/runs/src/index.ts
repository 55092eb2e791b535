export type {
  RecordedEvent,
  Sample,
  StageEvaluated,
  StageEvent,
  StageFinished,
  StageListener,
  StageStepped,
} from './events';
export { createLedger, type Ledger, type LedgerReport, type LedgerState } from './ledger';
export { InUse } from './lock';
export { evaluationMetrics, stepMetrics } from './metric-names';
export { peakRssMb } from './peak-memory';
export { buildReport, type ComparedSample, type RunReport } from './report';
export { elapsedSeconds } from './report/elapsed';
export { reportSchema } from './report/schema';
export { openRunFolder, type RunFolder } from './run-folder';
export {
  foldersOfRun,
  InvalidRunRecordError,
  parseRunRecord,
  type RunRecord,
  type StoredCheckpoint,
} from './store/run-record';
export {
  cancellationKey,
  checkpointPrefix,
  exchangePrefix,
  modelPrefix,
  recordKey,
  runOfCheckpoint,
  runOfExchange,
} from './store/store-keys';
