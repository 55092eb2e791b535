export { ADAPTERS, serves } from './adapters';
export type { Adapter, DatasetKind, ExampleKinds } from './adapters/adapter';
export { exampleAdapter } from './adapters/example-adapter';
export { collectRepairs, oncePerRow, type Repair } from './adapters/repair';
export { type PaddedBatch, padBatch, type UnpaddedRow } from './batching/pad-batch';
export type { RowSource } from './batching/row-source';
export { createSampler, type Sampler, type SamplerState } from './batching/sampler';
export {
  type Example,
  instructionMessage,
  isPreference,
  type PreferenceExample,
  type PromptExample,
  type SupervisedExample,
  toMessages,
  type UnpairedExample,
} from './examples';
export {
  type DatasetManifest,
  MANIFEST_FILE,
  parseManifest,
  REPORT_FILE,
  recordsFile,
  shardsFolder,
} from './ingested/manifest';
export { type IngestedDataset, isIngested, openDataset } from './ingested/open-dataset';
export { readBytes, readLines } from './ingested/read-lines';
export { fromRecord, toRecord } from './ingested/records';
export { openTokenizedRows, type WantedTokens } from './ingested/tokenized-rows';
export { openingOf, promptPlace } from './prompt-place';
export type { ColumnMapping } from './reading/column-mapping';
export { type Converted, convertRows, type SourceRow } from './reading/convert-rows';
export { OtherKindError } from './reading/errors';
export { type ReadResult, readDataset } from './reading/read-dataset';
export { describeLeftOut, remedyFor } from './reading/reasons';
export type { RawRow } from './reading/row';
export { shownRow } from './reading/shown-row';
export { kindOf, type SourceDescription, type SourceRows, sourceRows } from './reading/source-rows';
export { decodeRow } from './shards/decode-row';
export { encodeRow } from './shards/encode-row';
export type { ShardEntry, ShardHeader, ShardIndex } from './shards/format';
export { mergeRows } from './shards/merge-rows';
export { openShards } from './shards/open-shards';
export type { ShardRows } from './shards/rows';
export { documentsOf, type ShardRow, singleDocument, tokensOf } from './shards/rows';
export { tokenizerHash } from './shards/tokenizer-hash';
export { writeIndex } from './shards/write-index';
export { ShardWriter } from './shards/write-shard';
export { describeFile } from './sources/describe-file';
export { isSourceUnavailable } from './sources/is-unavailable';
export { localFile } from './sources/local';
export { objectOpener } from './sources/objects';
export { type OpenOptions, openSource } from './sources/open-source';
export { saveBytes } from './sources/save-bytes';
export type { Opener, Source, SourceFile } from './sources/source';
export { combinedHash } from './sources/watched-file';
export { SPLITS, type Split } from './split';
export { generatePreferences, generatePrompts, generateSupervised, generateUnpaired } from './tasks/generate';
export { checkAnswer, type TaskSplit, taskCharacters } from './tasks/task';
export { type Dropped, isDropped, tokenizeAll } from './tokenize/dropped';
export { pairLength, type TokenizedPreference, tokenizePreference } from './tokenize/preference';
export type { TokenizedPrompt } from './tokenize/prompt';
export { tokenizePrompt } from './tokenize/prompt';
export {
  IGNORED_LABEL,
  type LostAnswer,
  type TokenizedSupervised,
  tokenizeSupervised,
} from './tokenize/supervised';
export { type TokenizedUnpaired, tokenizeUnpaired } from './tokenize/unpaired';
