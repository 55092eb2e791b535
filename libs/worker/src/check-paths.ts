import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import type { DataOf } from '@open-chatgpt/events';
import {
  datasetsOf,
  modelOf,
  modelRoles,
  type PipelineConfig,
  parseReference,
  type StageConfig,
} from '@open-chatgpt/pipeline';
import type { ObjectStore } from '@open-chatgpt/storage';

/**
 * A pipeline is often written on another machine than the one that trains.
 * @param pipeline with the folders of the datasets that were fetched
 * @throws Error when a file that the stage reads is not here, with what to do
 */
export function checkPaths(
  pipeline: PipelineConfig,
  stage: StageConfig,
  { models }: DataOf<'run.requested'>['inputs'],
  store: ObjectStore,
): void {
  for (const role of modelRoles) {
    const source = models[role] ? null : modelOf(pipeline, stage, role);
    if (!source || !('path' in source) || !isMissing(source.path)) continue;
    const field = stage.models[role] === undefined ? 'model.path' : `${stage.name}.models.${role}`;
    throw new Error(
      `${field}: ${source.path} is not on the machine that trains (${hostname()}). Bring the model to the platform with ` +
        `openchat model import ${source.path} --store ${store.url} --id <id>, and name it store:<id> in the pipeline.`,
    );
  }
  for (const { field, source } of datasetsOf(stage))
    if (isMissing(source.path))
      throw new Error(
        `${stage.name}.${field}.path: ${source.path} is not on the machine that trains (${hostname()}). Have the platform ` +
          'ingest it (POST /v1/datasets) from where it can be read, and name it dataset:<id> in the pipeline.',
      );
}

/** Trainers fetch no models or datasets of the hub by their short names. */
function isMissing(text: string): boolean {
  const { kind } = parseReference(text);
  return kind === 'hub' || (kind === 'path' && !existsSync(text));
}
