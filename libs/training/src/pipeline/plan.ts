import type { ModelConfig } from '@open-chatgpt/models';
import {
  type AlgorithmName,
  descriptorOf,
  type PipelineConfig,
  rewardStageOf,
  type StageConfig,
} from '@open-chatgpt/pipeline';
import { countParameters, estimateMemory } from '@open-chatgpt/sizing';
import type { Algorithm, StageSize } from '../algorithms/algorithm';
import { algorithms } from '../algorithms/registry';
import { describeBaseModel } from './base-model';
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
  /** Files of the model that disagree, and which of them is followed. */
  warnings: readonly string[];
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
  const { config, warnings } = model;
  return { model: { config, parameters: countParameters(config) }, stages, warnings };
}

function planModels(pipeline: PipelineConfig, stage: StageConfig, model: ModelConfig, longest: number) {
  const footprint = descriptorOf(stage.uses).footprint(stage.with, rewardStageOf(pipeline, stage));
  const { gradientCheckpointing } = stage.with;
  const { trainedParameters, total } = estimateMemory(model, footprint, {
    length: longest,
    gradientCheckpointing,
  });
  return {
    stage: stage.name,
    algorithm: stage.uses,
    trainableParameters: trainedParameters,
    estimatedBytes: total,
  };
}
