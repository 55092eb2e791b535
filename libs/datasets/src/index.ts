export type { Message, Role } from '@open-chatgpt/tokenizer';
export { ADAPTERS } from './adapters';
export type { Adapter, DatasetKind, ExampleKinds } from './adapters/adapter';
export { type PackedRow, packSequences } from './batching/pack-sequences';
export { type PaddedBatch, type PadOptions, padBatch, type UnpaddedRow } from './batching/pad-batch';
export {
  type Batch,
  createSampler,
  type Sampler,
  type SamplerOptions,
  type SamplerState,
} from './batching/sampler';
export * from './examples';
export { type ReadOptions, type ReadResult, readDataset } from './reading/read-dataset';
export { splitByPrompt } from './split-by-prompt';
export * from './tasks';
export { type Dropped, type DropReason, isDropped, type TokenizedAll, tokenizeAll } from './tokenize/dropped';
export { type TokenizedPreference, tokenizePreference } from './tokenize/preference';
export { type TokenizedPrompt, tokenizePrompt } from './tokenize/prompt';
export {
  IGNORED_LABEL,
  type TokenizedSupervised,
  type TokenizeOptions,
  tokenizeSupervised,
} from './tokenize/supervised';
