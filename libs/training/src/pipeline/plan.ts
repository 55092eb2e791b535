import { adaptedModules, expectedTensors, type LoraConfig, type ModelConfig } from '@open-chatgpt/models';
import type {
  PipelineConfig,
  PpoStageConfig,
  RewardStageConfig,
  SftStageConfig,
  StageName,
} from '@open-chatgpt/pipeline';
import { countTotalSteps } from '../trainer/total-steps';
import { describeBaseModel, type ModelDescription } from './base-model';
import { loadExamples } from './data';
import { estimateMemory } from './estimate-memory';
import { type RewardRows, rewardRows } from './reward-rows';
import { type SftRows, sftRows } from './sft-rows';
import { tokenizePrompts } from './sft-stage';

export interface StagePlan {
  stage: StageName;
  /** Rows to train on: conversations (packed: rows of several), pairs or prompts. */
  examples: number;
  heldOut: number;
  /** Rows left out, by reason. */
  dropped: Record<string, number>;
  /** Optimizer steps; PPO: iterations. */
  totalSteps: number;
  trainableParameters: number;
  /** Longest row, in tokens; PPO: longest prompt with the longest response. */
  longest: number;
  estimatedBytes: number;
}

export interface PipelinePlan {
  model: { config: ModelConfig; parameters: number };
  stages: StagePlan[];
}

export interface PlanOptions {
  /** Turns `builtin:<name>` of a model into a path. */
  resolveBuiltin: (name: string) => Promise<string>;
}

/** What a pipeline would do: reads the model's description and all data, trains nothing and writes nothing. */
export async function planPipeline(pipeline: PipelineConfig, options: PlanOptions): Promise<PipelinePlan> {
  const model = await describeBaseModel(pipeline.model, {
    seed: pipeline.seed,
    template: pipeline.template,
    dataset: pipeline.sft?.dataset,
    resolveBuiltin: options.resolveBuiltin,
  });
  const { sft, reward, ppo } = pipeline;
  const stages = [
    ...(sft ? [await planSft(model, sft)] : []),
    ...(reward ? [await planReward(model, reward)] : []),
    ...(ppo ? [await planPpo(model, ppo, reward?.lora ?? null)] : []),
  ];
  return { model: { config: model.config, parameters: countParameters(model.config) }, stages };
}

async function planSft(model: ModelDescription, config: SftStageConfig): Promise<StagePlan> {
  return planRows('sft', model, config, await sftRows(model, config));
}

async function planReward(model: ModelDescription, config: RewardStageConfig): Promise<StagePlan> {
  return planRows('reward', model, config, await rewardRows(model, config));
}

async function planRows(
  stage: 'sft' | 'reward',
  model: ModelDescription,
  config: SftStageConfig | RewardStageConfig,
  { train, evaluation, dropped }: SftRows | RewardRows,
): Promise<StagePlan> {
  await train.close();
  const ofPairs = stage === 'reward';
  const longest = mostOf(train.lengths);
  const trained = trainedCount(model.config, config.lora, ofPairs);
  return {
    stage,
    examples: train.size,
    heldOut: evaluation.length,
    dropped,
    totalSteps: countTotalSteps(config, train.size),
    trainableParameters: trained,
    longest,
    estimatedBytes: estimateMemory(
      model.config,
      { frozenParameters: countParameters(model.config), trainedParameters: trained },
      { ...config, rows: (ofPairs ? 2 : 1) * config.perDeviceTrainBatchSize, length: longest },
    ),
  };
}

/** Policy and value model are trained; reference and reward model lie beside them. */
async function planPpo(
  model: ModelDescription,
  config: PpoStageConfig,
  rewardLora: LoraConfig | null,
): Promise<StagePlan> {
  const data = await loadExamples(config.prompts, 'prompts', config.seed);
  const prompts = await tokenizePrompts(model, data.train, config.maxPromptLength);
  const longest = mostOf(prompts.map(({ ids }) => ids.length)) + config.responseLength;
  const policy = trainedCount(model.config, config.lora, false);
  const value = trainedCount(model.config, rewardLora, true);
  const base = countParameters(model.config);
  return {
    stage: 'ppo',
    examples: prompts.length,
    heldOut: Math.min(data.evaluation.length, config.evalSamples),
    dropped: { ...data.dropped, ...promptsDropped(data.train.length, prompts.length) },
    totalSteps: config.iterations,
    trainableParameters: policy + value,
    longest,
    estimatedBytes: estimateMemory(
      model.config,
      { frozenParameters: base + value, trainedParameters: policy + value },
      { ...config, rows: config.perDeviceTrainBatchSize, length: longest },
    ),
  };
}

function promptsDropped(found: number, kept: number): Record<string, number> {
  return found > kept ? { promptTooLong: found - kept } : {};
}

function mostOf(lengths: ArrayLike<number>): number {
  return Array.from(lengths).reduce((most, length) => Math.max(most, length), 0);
}

function countParameters(config: ModelConfig): number {
  return expectedTensors(config).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
}

/** Parameters that a stage trains: the adapter's or all of them, with the scalar head where there is one. */
function trainedCount(config: ModelConfig, lora: LoraConfig | null, scalarHead: boolean): number {
  const head = scalarHead ? config.hiddenSize : 0;
  if (!lora) return countParameters(config) + head;
  const perModule = adaptedModules(config, lora).map(
    ({ inFeatures, outFeatures }) => lora.r * (inFeatures + outFeatures),
  );
  return perModule.reduce((a, b) => a + b, head);
}
