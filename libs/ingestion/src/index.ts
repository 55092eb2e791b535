export { type DatasetToCache, openCachedDataset } from './cache/cached-dataset';
export { withIdentifiedSource } from './cache/identified-source';
export { ingest } from './ingest/ingest';
export type { IngestSource, Tokenization } from './ingest/options';
export type { Progress as IngestProgress } from './ingest/progress';
export { type IngestReport, readReport } from './ingest/report';
export {
  type IngestRequest,
  type IngestResources,
  type OpenedIngestion,
  openIngestRequest,
} from './ingest/request';
export type { DropCounts } from './records/drop-log';
export type { RepairCounts } from './records/repair-log';
export type { LengthStatistics, StatisticsTable } from './records/statistics';
