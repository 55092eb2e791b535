import { posix } from 'node:path';
import { type Dataref, dataref } from '@open-chatgpt/events';
import { type PipelineConfig, type PpoStageConfig, parsePipeline } from '@open-chatgpt/pipeline';
import type { ObjectStore } from '@open-chatgpt/storage';
import { z } from 'zod';
import { getDocument, keyOf, putDocument } from './dataref';

const documentSchema = z.object({
  formatVersion: z.literal(1),
  config: z.record(z.string(), z.unknown()),
  model: dataref.optional(),
  rewardModel: dataref.optional(),
  padTokenId: z.int().nullable(),
});

/** All that a worker must know of a PPO run, beside the work item in its hand. */
export interface RunDescription {
  pipeline: PipelineConfig;
  ppo: PpoStageConfig;
  /** The model to start from, instead of the pipeline's. */
  model?: Dataref;
  /** The reward model, instead of the pipeline's. */
  rewardModel?: Dataref;
  padTokenId: number | null;
}

/** The folder in which a run's description lies, and all that is exchanged for its learner. */
export const workFolder = (store: ObjectStore, run: Dataref) => posix.dirname(keyOf(store, run));

/** @param folder of the learner that describes the run */
export function putRunDescription(
  store: ObjectStore,
  folder: string,
  { pipeline, model, rewardModel, padTokenId }: Omit<RunDescription, 'ppo'>,
): Promise<Dataref> {
  const document = { formatVersion: 1, config: pipeline, model, rewardModel, padTokenId };
  return putDocument(store, `${folder}/run`, document);
}

export async function getRunDescription(store: ObjectStore, reference: Dataref): Promise<RunDescription> {
  const { config, ...others } = documentSchema.parse(await getDocument(store, reference));
  const pipeline = parsePipeline(JSON.stringify(config), reference.uri);
  if (!pipeline.ppo) throw new Error(`${reference.uri} describes no run of PPO: it has no section "ppo"`);
  return { ...others, pipeline, ppo: pipeline.ppo };
}
