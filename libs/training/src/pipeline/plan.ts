import { adaptedModules, expectedTensors, type LoraConfig, type ModelConfig } from '@open-chatgpt/models';
import {
  type AlgorithmName,
  descriptorOf,
  type PipelineConfig,
  type StageConfig,
  stageOf,
} from '@open-chatgpt/pipeline';
import type { Algorithm, StageSize } from '../algorithms/algorithm';
import { algorithms } from '../algorithms/registry';
import { describeBaseModel } from './base-model';
import { estimateMemory } from './estimate-memory';
import { tokenizerDataset } from './run-models';

export interface StagePlan extends StageSize {
  stage: string;
  algorithm: AlgorithmName;
  trainableParameters: number;
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
    dataset: tokenizerDataset(pipeline),
    resolveBuiltin: options.resolveBuiltin,
  });
  const stages: StagePlan[] = [];
  for (const stage of pipeline.stages) {
    const size = await (algorithms[stage.uses] as Algorithm).measure(model, stage.with);
    stages.push({ ...size, ...planModels(pipeline, stage, model.config, size.longest) });
  }
  return { model: { config: model.config, parameters: countParameters(model.config) }, stages };
}

function planModels(pipeline: PipelineConfig, stage: StageConfig, model: ModelConfig, longest: number) {
  const { footprint } = descriptorOf(stage.uses);
  const { trained, frozen, rows } = footprint(stage.with, rewardStageOf(pipeline, stage));
  const count = (models: typeof trained) =>
    models.reduce((sum, { lora, scalarHead }) => sum + trainedCount(model, lora, scalarHead), 0);
  const trainableParameters = count(trained);
  return {
    stage: stage.name,
    algorithm: stage.uses,
    trainableParameters,
    estimatedBytes: estimateMemory(
      model,
      { frozenParameters: countParameters(model) + count(frozen), trainedParameters: trainableParameters },
      { ...stage.with, rows, length: longest },
    ),
  };
}

/** The settings of the stage that makes the reward model, where that is a stage of this pipeline. */
function rewardStageOf({ stages }: PipelineConfig, { models }: StageConfig) {
  const name = models.rewardModel === undefined ? null : stageOf(models.rewardModel);
  return stages.find((stage) => stage.name === name)?.with ?? null;
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
