import { resolve } from 'node:path';
import type { PipelineConfig } from './config';
import type { DatasetSource, ModelSource } from './sources';

/** `builtin:<name>`, `dataset:<id>` and `store:<id>` stay as they are; every other path is taken from `folder`. */
export function resolvePath(path: string, folder: string): string {
  return /^(builtin|dataset|store):/.test(path) ? path : resolve(folder, path);
}

/** The same pipeline with every path absolute; relative ones start at `folder`. */
export function resolvePaths(pipeline: PipelineConfig, folder: string): PipelineConfig {
  const at = (path: string) => resolvePath(path, folder);
  const optional = (path: string | undefined) => (path === undefined ? undefined : at(path));
  const dataset = (source: DatasetSource): DatasetSource => ({ ...source, path: at(source.path) });
  const model = (source: ModelSource): ModelSource =>
    'path' in source
      ? { path: at(source.path) }
      : { scratch: { ...source.scratch, tokenizer: optional(source.scratch.tokenizer) } };
  const { sft, reward, ppo } = pipeline;
  return {
    ...pipeline,
    outputDir: optional(pipeline.outputDir),
    model: model(pipeline.model),
    sft: sft && { ...sft, dataset: dataset(sft.dataset) },
    reward: reward && { ...reward, dataset: dataset(reward.dataset) },
    ppo: ppo && { ...ppo, prompts: dataset(ppo.prompts), rewardModel: optional(ppo.rewardModel) },
  };
}
