export {
  adaptedModules,
  estimateServer,
  expectedTensors,
  type LinearModule,
  linearModules,
  logitsChunkRows,
} from '@open-chatgpt/sizing';
export type { ModelConfig } from './config/model-config';
export { parseModelConfig } from './config/parse-model-config';
export { ropeTables } from './config/rope';
export { toHuggingFaceConfig } from './config/to-hugging-face-config';
export { AheadCompiler, type StepAhead, type TokenBytes } from './execution/compile-ahead';
export { compileForward } from './execution/compile-forward';
export { compileTraining } from './execution/compile-training';
export type { Objective, ObjectiveContext } from './execution/objective';
export { type ResidentBytes, type ResidentModel, residentBytes } from './execution/resident-bytes';
export { stepGraphs } from './execution/step-graphs';
export type { ForwardProgram, TrainingProgram } from './execution/training-program';
export { familyOf } from './families/family-of';
export { inVocabulary, keepsEightBits, tokenTable } from './families/keeps-eight-bits';
export type { GgufFormat } from './gguf/write/choose-encoding';
export { exportGguf } from './gguf/write/export-gguf';
export { roundToBlocks } from './gguf/write/round-to-blocks';
export type { ModelContext } from './graph/model-context';
export { TrainingContext } from './graph/training-context';
export {
  languageModelLoss,
  type ShiftedLabels,
  shiftLabels,
} from './heads/language-model-loss';
export { scalarHead } from './heads/scalar-head';
export { copyModel } from './huggingface/copy-model';
export type { ModelFiles } from './huggingface/model-files';
export { withModelFolder } from './huggingface/model-folder';
export { openModel } from './huggingface/open-model';
export { readModelConfig } from './huggingface/read-model-config';
export { readTokenizer } from './huggingface/read-tokenizer';
export { isRewardModel, refuseRewardModel } from './huggingface/reward-head';
export { writeModelFolder } from './huggingface/write-model-folder';
export {
  initializeAdapters,
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
  outlineModel,
  parameterOf,
  SCORE_WEIGHT,
  storesOf,
} from './model/model';
export { type OffloadOption, offloadModel } from './model/offload-model';
export { checkDevices, checkOffload, type MeshOption, meshOf, shardModel } from './model/shard-model';
export { checkAdapterBase } from './peft/adapter-base';
export { type Adapter, readAdapter } from './peft/factors';
export { mergedModel } from './peft/merge';
export { type AdapterFiles, openAdapter } from './peft/open-adapter';
export { writeAdapter } from './peft/write-adapter';
export { encodeSafetensorsHeader, type TensorDescription } from './safetensors/encode-header';
export { parseSafetensorsHeader, type SafetensorsHeader } from './safetensors/header';
export { openSafetensors } from './safetensors/read-safetensors';
export { type TensorToWrite, writeSafetensors } from './safetensors/write-safetensors';
export type { FloatDtype } from './weights/convert';
export { hashWeightFiles, hashWeights } from './weights/hash-weights';
export { ModelFileError } from './weights/model-file-error';
export { blockValues, type WeightBlocks } from './weights/weight-blocks';
export { elementCount, type WeightSource } from './weights/weight-source';
