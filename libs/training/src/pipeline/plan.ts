import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openSource } from '@open-chatgpt/datasets';
import type { IngestProgress } from '@open-chatgpt/ingestion';
import { type ModelConfig, openModel } from '@open-chatgpt/models';
import {
  type AlgorithmName,
  datasetsOf,
  descriptorOf,
  type PipelineConfig,
  parseReference,
  rewardStageOf,
  type StageConfig,
  stageOf,
} from '@open-chatgpt/pipeline';
import { countParameters, estimateMemory } from '@open-chatgpt/sizing';
import type { Algorithm, StageSize } from '../algorithms/algorithm';
import { algorithms } from '../algorithms/registry';
import { readExamples } from '../data/read-examples';
import { describeBaseModel, type ModelDescription } from './base-model';
import { tokenizerDataset } from './run-models';
import { estimateSeconds } from './stage-time';

export interface StagePlan {
  stage: string;
  algorithm: AlgorithmName;
  /** null where its data or the model is missing on this machine. */
  size: StageSize | null;
  /** As the settings say, where there is no size; null where only the data would say it. */
  totalSteps: number | null;
  /** null where the model is missing. */
  trainableParameters: number | null;
  estimatedBytes: number | null;
  /** An estimate for this machine; null without `time`, and where it cannot be made. */
  estimatedSeconds: number | null;
}

export interface PipelinePlan {
  /** null where it is missing on this machine. */
  model: { config: ModelConfig; parameters: number } | null;
  stages: StagePlan[];
  /** Files of the model that disagree, and which of them is followed. */
  warnings: readonly string[];
  /** What a run would download first. Empty with `download`. */
  missing: string[];
}

export interface PlanOptions {
  /** Brings a model to this machine; null where it is not here, and must not be downloaded. */
  resolveModel: (reference: string) => Promise<string | null>;
  /** Whether datasets may be read from other machines. */
  download: boolean;
  /** Measures a few passes on this machine, which takes seconds. */
  time?: boolean;
  /** Called while the dataset of a stage is ingested into the cache. */
  onIngest?: (stage: string, progress: IngestProgress) => void;
}

/**
 * What a pipeline would do: reads the model's description and all data, trains nothing and writes nothing but caches.
 * @throws Error when a model or dataset is not there, cannot be read, or does not fit the other
 */
export async function planPipeline(pipeline: PipelineConfig, options: PlanOptions): Promise<PipelinePlan> {
  const missing = new Set<string>();
  // What is not there is found before anything is read.
  for (const stage of pipeline.stages) await ofStage(stage, () => checkPresence(stage, options, missing));
  const isHere = ({ path }: { path: string }): boolean => {
    if (options.download || !isRemote(path)) return true;
    missing.add(path);
    return false;
  };
  const model = await describeModel(pipeline, options, isHere, missing);
  const stages: StagePlan[] = [];
  for (const stage of pipeline.stages) {
    const dataIsHere = datasetsOf(stage)
      .map(({ source }) => isHere(source))
      .every(Boolean);
    const size = dataIsHere ? await ofStage(stage, () => measure(stage, model, options)) : null;
    stages.push({
      stage: stage.name,
      algorithm: stage.uses,
      size,
      totalSteps: size?.totalSteps ?? configuredSteps(stage),
      estimatedSeconds:
        options.time && model && size ? await estimateSeconds(pipeline, stage, model.config, size) : null,
      ...(model
        ? planMemory(pipeline, stage, model.config, size?.longest ?? null)
        : { trainableParameters: null, estimatedBytes: null }),
    });
  }
  return {
    model: model && { config: model.config, parameters: countParameters(model.config) },
    stages,
    warnings: model?.warnings ?? [],
    missing: [...missing],
  };
}

/** Reads the data of a stage. null without a model, which the rows are tokenized for. */
async function measure(
  stage: StageConfig,
  model: ModelDescription | null,
  { onIngest }: PlanOptions,
): Promise<StageSize | null> {
  if (model)
    return (algorithms[stage.uses] as Algorithm).measure(model, stage.with, {
      onIngest: (progress) => onIngest?.(stage.name, progress),
    });
  for (const { source, role } of datasetsOf(stage))
    await readExamples(source, role, 'train', 1, stage.with.seed);
  return null;
}

/** Names the stage in the errors of a check. */
async function ofStage<T>({ name }: StageConfig, check: () => Promise<T>): Promise<T> {
  try {
    return await check();
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
  }
}

/** Whether a dataset is on another machine. */
function isRemote(path: string): boolean {
  const reference = parseReference(path);
  if (reference.kind === 'hub') return true;
  return reference.kind === 'url' && !reference.url.toLowerCase().startsWith('file:');
}

/** Finds the files of the datasets of a stage, and opens the models that it names and no stage makes. */
async function checkPresence(
  stage: StageConfig,
  { resolveModel }: PlanOptions,
  missing: Set<string>,
): Promise<void> {
  for (const { source } of datasetsOf(stage))
    if (parseReference(source.path).kind === 'path' && !existsSync(source.path))
      await openSource(source.path);
  for (const [role, named] of Object.entries(stage.models)) {
    if (stageOf(named) !== null) continue;
    const path = await resolveModel(named);
    if (path === null) missing.add(named);
    // A reward model may be an adapter on the base of the stage.
    if (path === null || (role === 'rewardModel' && existsSync(join(path, 'adapter_config.json')))) continue;
    const files = await openModel(path);
    await files.close();
  }
}

async function describeModel(
  pipeline: PipelineConfig,
  { resolveModel }: PlanOptions,
  isHere: (source: { path: string }) => boolean,
  missing: Set<string>,
): Promise<ModelDescription | null> {
  const dataset = tokenizerDataset(pipeline);
  const { model } = pipeline;
  let local: string | null = null;
  if ('path' in model) {
    local = await resolveModel(model.path);
    if (local === null) {
      missing.add(model.path);
      return null;
    }
  } else if (!model.scratch.tokenizer && dataset && !isHere(dataset)) return null;
  return describeBaseModel(model, {
    seed: pipeline.seed,
    template: pipeline.template,
    dataset,
    resolveModel: async () => local!,
  });
}

/** The steps that a stage is given, where the data does not decide. */
function configuredSteps({ uses, with: settings }: StageConfig): number | null {
  const steps = (settings as Record<string, unknown>)[descriptorOf(uses).steps.field];
  return typeof steps === 'number' && steps > 0 ? steps : null;
}

/** @param longest row in tokens; null where it is not known, and the longest that the settings allow is taken */
function planMemory(
  pipeline: PipelineConfig,
  stage: StageConfig,
  model: ModelConfig,
  longest: number | null,
) {
  const footprint = descriptorOf(stage.uses).footprint(stage.with, rewardStageOf(pipeline, stage));
  const { gradientCheckpointing } = stage.with;
  const { trainedParameters, total } = estimateMemory(model, footprint, {
    length: longest ?? longestAllowed(stage),
    gradientCheckpointing,
  });
  return { trainableParameters: trainedParameters, estimatedBytes: total };
}

function longestAllowed({ with: settings }: StageConfig): number {
  return 'maxLength' in settings ? settings.maxLength : settings.maxPromptLength + settings.responseLength;
}
