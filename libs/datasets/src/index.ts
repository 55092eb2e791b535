export { ADAPTERS, serves } from './adapters';
export type { Adapter, DatasetKind } from './adapters/adapter';
export { packSequences } from './batching/pack-sequences';
export { type PaddedBatch, padBatch, type UnpaddedRow } from './batching/pad-batch';
export { type RowSource, rowsInMemory } from './batching/row-source';
export { createSampler, type Sampler, type SamplerState } from './batching/sampler';
export {
  type Example,
  instructionMessage,
  isPreference,
  type PreferenceExample,
  type PromptExample,
  type SupervisedExample,
  toMessages,
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
export { tokenizedPairs, tokenizedRows } from './ingested/tokenized-rows';
export { type Converted, convertRows, type SourceRow } from './reading/convert-rows';
export { type ReadResult, readDataset } from './reading/read-dataset';
export type { RawRow } from './reading/row';
export { shownRow } from './reading/shown-row';
export { kindOf, type SourceDescription, type SourceRows, sourceRows } from './reading/source-rows';
export { decodeRow } from './shards/decode-row';
export { encodeRow } from './shards/encode-row';
export type { ShardEntry, ShardHeader, ShardIndex } from './shards/format';
export { mergeRows } from './shards/merge-rows';
export { openShards } from './shards/open-shards';
export { documentsOf, type ShardRow, singleDocument, tokensOf } from './shards/rows';
export { tokenizerHash } from './shards/tokenizer-hash';
export { writeIndex } from './shards/write-index';
export { ShardWriter } from './shards/write-shard';
export { describeFile } from './sources/describe-file';
export { isSourceUnavailable } from './sources/is-unavailable';
export { objectOpener } from './sources/objects';
export { type OpenOptions, openSource } from './sources/open-source';
export type { Opener, Source } from './sources/source';
export { SPLITS, type Split } from './split';
export { openingOf, promptPlace, splitByPrompt } from './split-by-prompt';
export { generatePreferences, generatePrompts, generateSupervised } from './tasks/generate';
export { checkAnswer, type Task, type TaskSplit, taskCharacters } from './tasks/task';
export { type Dropped, isDropped, tokenizeAll } from './tokenize/dropped';
export { pairLength, type TokenizedPreference, tokenizePreference } from './tokenize/preference';
export { tokenizePrompt } from './tokenize/prompt';
export { IGNORED_LABEL, type TokenizedSupervised, tokenizeSupervised } from './tokenize/supervised';
