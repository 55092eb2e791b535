export type { Message, Role } from '@open-chatgpt/tokenizer';
export { ADAPTERS, serves } from './adapters';
export type { Adapter, DatasetKind, ExampleKinds } from './adapters/adapter';
export { createShp, type ShpOptions } from './adapters/shp';
export { type PackedRow, packSequences } from './batching/pack-sequences';
export { type PaddedBatch, type PadOptions, padBatch, type UnpaddedRow } from './batching/pad-batch';
export { type RowSource, rowsInMemory } from './batching/row-source';
export {
  type Batch,
  createSampler,
  type Sampler,
  type SamplerOptions,
  type SamplerState,
} from './batching/sampler';
export { type CleaningOptions, clean, cleaningRules } from './cleaning/clean';
export { type CleaningRule, isRejected, type Rejected } from './cleaning/rule';
export { createDuplicates, type Duplicate, type Duplicates } from './dedup/duplicates';
export { candidateProbability, type DedupOptions } from './dedup/options';
export * from './examples';
export type { DropCounts, DroppedRow as IngestDroppedRow } from './ingest/drop-log';
export { ingest } from './ingest/ingest';
export { detectLanguage } from './ingest/language';
export type { MixEnd } from './ingest/mixer';
export type { IngestOptions, IngestSource, SourceDescription, Tokenization } from './ingest/options';
export type { Progress as IngestProgress } from './ingest/progress';
export { type DatasetRecord, fromRecord, type RecordOrigin, toRecord } from './ingest/records';
export type { DatasetManifest, IngestReport } from './ingest/report';
export {
  type IngestRequest,
  type IngestResources,
  ingestRequestSchema,
  type OpenedIngestion,
  openIngestRequest,
  parseIngestRequest,
} from './ingest/request';
export { type IngestSourceFacts, ingestSource, type SourceRowsOptions } from './ingest/source-rows';
export type { LengthStatistics, StatisticsTable } from './ingest/statistics';
export { type IngestedDataset, isIngested, openDataset, parseManifest } from './ingested/open-dataset';
export { tokenizedPairs, tokenizedRows, type WantedTokens } from './ingested/tokenized-rows';
export { UnknownFormat } from './reading/damage';
export { DETECTION_ROWS, detectAdapter, namedAdapter } from './reading/detect';
export { DEFAULT_LIMITS, type ReadLimits } from './reading/limits';
export {
  type DatasetStream,
  type ReadOptions,
  type ReadResult,
  readDataset,
  streamDataset,
} from './reading/read-dataset';
export { readRows } from './reading/read-rows';
export type { DroppedRow, ReadReport } from './reading/report';
export { type BrokenRow, type RawRow, type Row, RowDropped, rowOf } from './reading/row';
export type { ShardHeader, ShardIndex } from './shards/format';
export { openShards, type Shards } from './shards/open-shards';
export type { ShardRows } from './shards/rows';
export { isSourceUnavailable } from './sources/is-unavailable';
export { objectOpener, type ReadableStore } from './sources/objects';
export { type OpenOptions, openSource } from './sources/open-source';
export type { Opener, Source, SourceFile } from './sources/source';
export { splitByPrompt } from './split-by-prompt';
export * from './tasks';
export { type Dropped, type DropReason, isDropped, type TokenizedAll, tokenizeAll } from './tokenize/dropped';
export { pairLength, type TokenizedPreference, tokenizePreference } from './tokenize/preference';
export { type TokenizedPrompt, tokenizePrompt } from './tokenize/prompt';
export {
  IGNORED_LABEL,
  type TokenizedSupervised,
  type TokenizeOptions,
  tokenizeSupervised,
} from './tokenize/supervised';
