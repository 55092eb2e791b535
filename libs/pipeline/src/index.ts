export { checkMemory } from './check-memory';
export { loraSchema } from './fields/lora';
export { meshField } from './fields/mesh';
export { type CleaningOptions, cleaningOptions } from './ingestion/cleaning';
export { type DedupOptions, dedupOptions } from './ingestion/dedup';
export {
  datasetOptions,
  type IngestRequest,
  ingestRequestOf,
  ingestRequestSchema,
  tokenizationSchema,
} from './ingestion/request';
export type { PipelineOverride } from './overrides';
export { formatPipeline, parsePipeline, pipelineOf } from './parse-pipeline';
export {
  chatTemplateNames,
  type PipelineConfig,
  pipelineFileSchema,
  pipelineJsonSchema,
  type StageSettings,
  stageNamed,
} from './pipeline';
export {
  datasetReferences,
  filePathsOf,
  modelIds,
  modelOf,
  withDatasets,
} from './pipeline-references';
export {
  type GpuProcess,
  haveGpus,
  longestRow,
  type ProcessPlan,
  planGpuProcesses,
  planProcesses,
  rewardStageOf,
} from './process-plan';
export {
  checkLocalDataset,
  checkLocalModel,
  modelIdOf,
  parseReference,
  resolvePath,
  stageOf,
} from './references';
export { datasetsOf } from './resolve-stages';
export { settingsByField } from './settings-by-field';
export type { DatasetSource, ModelSource, ScratchDimensions } from './sources';
export {
  type ChartPlan,
  type DataRole,
  dataRoles,
  type Figure,
  type ModelKind,
  type ModelRole,
  modelKinds,
  modelRoles,
  type StageDescriptor,
} from './stages/descriptor';
export { likelihoodCoef, PREFERENCE_LOSSES } from './stages/dpo/losses';
export { type PpoConfig, parsePpoConfig } from './stages/ppo/config';
export {
  ADVANTAGE_ESTIMATORS,
  type AdvantageEstimatorName,
  usesValues,
} from './stages/ppo/estimators';
export {
  type AlgorithmName,
  algorithmNames,
  descriptorOf,
  type StageConfig,
  settingsOf,
  shareService,
  stageDescriptors,
} from './stages/registry';
export { parseRewardConfig, type RewardConfig } from './stages/reward/config';
export { parseSftConfig, type SftConfig } from './stages/sft/config';
