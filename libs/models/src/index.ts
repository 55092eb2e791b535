export * from './config/model-config';
export { parseModelConfig } from './config/parse-model-config';
export { type RopeTables, ropeTables } from './config/rope';
export { toHuggingFaceConfig } from './config/to-hugging-face-config';
export * from './execution';
export { familyOf } from './families';
export type { Family } from './families/family';
export { type GgufFile, openGgufFile } from './gguf/gguf-file';
export { ggufModelConfig } from './gguf/gguf-model-config';
export { ggufTokenizer } from './gguf/gguf-tokenizer';
export { GgufMetadata, type GgufValue } from './gguf/metadata';
export { openGguf } from './gguf/open-gguf';
export type { ModelContext } from './graph/model-context';
export { type SequenceOptions, TrainingContext } from './graph/training-context';
export {
  IGNORE_INDEX,
  languageModelLoss,
  logitsChunkRows,
  type ShiftedLabels,
  shiftLabels,
} from './heads/language-model-loss';
export { scalarHead } from './heads/scalar-head';
export { modelCacheFolder } from './hub/cache-folder';
export { fetchBuiltinModel } from './hub/fetch-builtin-model';
export { fetchHubModel, type HubFetchOptions, type HubProgress } from './hub/fetch-hub-model';
export { type FetchOptions, type FetchProgress, fetchSmolLM2 } from './hub/fetch-smollm2';
export { isHubModel } from './hub/hub-model';
export { canonicalName } from './huggingface/canonical-name';
export { checkTensors } from './huggingface/check-tensors';
export { type ExpectedTensor, expectedTensors, OPT_POSITION_OFFSET } from './huggingface/expected-tensors';
export type { ModelFiles, TokenizerFiles } from './huggingface/model-files';
export { openModel } from './huggingface/open-model';
export { readTokenizer } from './huggingface/read-tokenizer';
export { type ModelToWrite, writeModelFolder } from './huggingface/write-model-folder';
export {
  adaptedModules,
  initializeAdapters,
  type LinearModule,
  linearModules,
  loraA,
  loraB,
  mergeAdapter,
} from './lora/adapters';
export type { LoraConfig } from './lora/lora-config';
export { initializeScoreHead, initializeWeights } from './model/initialize';
export { loadWeights } from './model/load-weights';
export {
  adaptModel,
  allocateBase,
  allocateModel,
  hasParameter,
  type Model,
  type ModelOptions,
  parameterOf,
  SCORE_WEIGHT,
  storesOf,
} from './model/model';
export { type AdapterConfig, parseAdapterConfig } from './peft/adapter-config';
export { type AdapterFiles, openAdapter } from './peft/open-adapter';
export { type AdapterToWrite, writeAdapter } from './peft/write-adapter';
export { openSafetensors, type SafetensorsFile } from './safetensors/read-safetensors';
export { openShardedSafetensors } from './safetensors/read-sharded';
export { type TensorToWrite, writeSafetensors } from './safetensors/write-safetensors';
export { DEFAULT_MAX_SHARD_BYTES, writeSharded } from './safetensors/write-sharded';
export { bfloat16ToFloat32, float32ToBfloat16 } from './weights/bfloat16';
export type { FloatDtype } from './weights/convert';
export { float16ToFloat32, float32ToFloat16 } from './weights/float16';
export { ModelFileError } from './weights/model-file-error';
export { elementCount, type TensorInfo, type WeightSource } from './weights/weight-source';
