import { posix } from 'node:path';
import { type Dataref, dataref } from '@open-chatgpt/events';
import {
  type ModelRole,
  modelRoles,
  type PipelineConfig,
  pipelineOf,
  type StageSettings,
  stageNamed,
} from '@open-chatgpt/pipeline';
import type { ObjectStore } from '@open-chatgpt/storage';
import { z } from 'zod';
import { getObject, keyOf, putObject } from './exchanged-objects';

const documentSchema = z.object({
  formatVersion: z.literal(1),
  config: z.record(z.string(), z.unknown()),
  stage: z.string(),
  models: z.partialRecord(z.enum(modelRoles), dataref),
  padTokenId: z.int().nullable(),
});

/** What a worker must know of a PPO run, besides its work item. */
export interface RunDescription {
  pipeline: PipelineConfig;
  /** Name of the stage in the pipeline. */
  stage: string;
  ppo: StageSettings<'ppo'>;
  /** Models of the store, in place of those that the stage names. */
  models: Partial<Record<ModelRole, Dataref>>;
  padTokenId: number | null;
}

/** The folder of the objects that a learner exchanges, where the description of its run is. */
export const learnerFolder = (store: ObjectStore, run: Dataref) => posix.dirname(keyOf(store, run));

/** @param folder of the learner that describes the run */
export function putRunDescription(
  store: ObjectStore,
  folder: string,
  { pipeline, stage, models, padTokenId }: Omit<RunDescription, 'ppo'>,
): Promise<Dataref> {
  const document = { formatVersion: 1, config: pipeline, stage, models, padTokenId };
  const bytes = Buffer.from(JSON.stringify(document));
  return putObject(store, { prefix: `${folder}/run`, extension: 'json' }, bytes);
}

export async function getRunDescription(store: ObjectStore, reference: Dataref): Promise<RunDescription> {
  const bytes = await getObject(store, reference);
  const { config, ...others } = documentSchema.parse(JSON.parse(bytes.toString('utf8')));
  const pipeline = pipelineOf(config, reference.uri);
  const stage = stageNamed(pipeline, others.stage);
  if (stage.uses !== 'ppo')
    throw new Error(
      `${reference.uri} does not describe a PPO run: the stage "${stage.name}" uses ${stage.uses}`,
    );
  return { ...others, pipeline, ppo: stage.with };
}
