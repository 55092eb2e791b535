import { join } from 'node:path';
import type { DataOf, Dataref } from '@open-chatgpt/events';
import {
  type ModelRole,
  modelRoles,
  type PipelineConfig,
  pipelineOf,
  type StageConfig,
  stageNamed,
  withDatasets,
} from '@open-chatgpt/pipeline';
import { fetchFolder, type ObjectStore } from '@open-chatgpt/storage';
import { checkPaths } from './check-paths';

/** What a stage computes with. */
export interface StageInputs {
  pipeline: PipelineConfig;
  stage: StageConfig;
  /** The folders of the models that the request names, by role. */
  models: Partial<Record<ModelRole, string>>;
}

/**
 * Reads what a request names, and writes nothing to the store.
 * @param folder of the run, for messages
 * @param whileAvailable repeats a read while the store does not respond
 * @throws Error that names the field that is wrong, or the file that is not here
 */
export async function fetchInputs(
  { store, cacheDir }: { store: ObjectStore; cacheDir: string },
  { stage: name, inputs, config }: DataOf<'run.requested'>,
  folder: string,
  whileAvailable: <T>(work: () => Promise<T>) => Promise<T>,
): Promise<StageInputs> {
  const fetch = (source: Dataref) => whileAvailable(() => fetchFolder(store, source, cacheDir));
  const submitted = pipelineOf(config, join(folder, 'request.json'));
  const datasets = new Map<string, string>();
  for (const { datasetId, manifest } of inputs.datasets) datasets.set(datasetId, await fetch(manifest));
  const pipeline = withDatasets(submitted, datasets);
  const stage = stageNamed(pipeline, name);
  checkPaths(pipeline, stage, inputs, store);
  const models: StageInputs['models'] = {};
  for (const role of modelRoles) {
    const source = inputs.models[role];
    if (source) models[role] = await fetch(source);
  }
  return { pipeline, stage, models };
}
