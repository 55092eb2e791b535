import type { PipelineConfig } from './config';
import type { DatasetSource } from './sources';
import type { StageName } from './stage-names';

/** `dataset:<id>` names a data set that the platform has ingested; only there it can be looked up. */
const REFERENCE = /^dataset:(.*)$/s;

/** The id that a data set's path names, or null when it is a path, or built in. */
export function datasetIdOf(path: string): string | null {
  return REFERENCE.exec(path)?.[1] ?? null;
}

export interface DatasetReference {
  role: 'train' | 'prompts' | 'pretraining';
  datasetId: string;
}

/** The data sets of the platform that a stage of the pipeline reads, by what for. */
export function datasetReferences(
  { sft, reward, ppo }: PipelineConfig,
  stage: StageName,
): DatasetReference[] {
  const named = (role: DatasetReference['role'], source: DatasetSource | undefined): DatasetReference[] => {
    const datasetId = source && datasetIdOf(source.path);
    return datasetId ? [{ role, datasetId }] : [];
  };
  if (stage === 'sft') return named('train', sft?.dataset);
  if (stage === 'reward') return named('train', reward?.dataset);
  const mixed = ppo && ppo.ptxCoef > 0 ? sft?.dataset : undefined;
  return [...named('prompts', ppo?.prompts), ...named('pretraining', mixed)];
}

/** The pipeline with the folder of each data set in place of its id; ids that are not in `folders` stay. */
export function withDatasets(pipeline: PipelineConfig, folders: ReadonlyMap<string, string>): PipelineConfig {
  const found = (source: DatasetSource): DatasetSource => {
    const folder = folders.get(datasetIdOf(source.path) ?? '');
    return folder === undefined ? source : { ...source, path: folder };
  };
  const { sft, reward, ppo } = pipeline;
  return {
    ...pipeline,
    sft: sft && { ...sft, dataset: found(sft.dataset) },
    reward: reward && { ...reward, dataset: found(reward.dataset) },
    ppo: ppo && { ...ppo, prompts: found(ppo.prompts) },
  };
}
