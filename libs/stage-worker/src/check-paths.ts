import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import type { DataOf } from '@open-chatgpt/events';
import type { PipelineConfig, StageName } from '@open-chatgpt/pipeline';
import type { ObjectStore } from '@open-chatgpt/storage';

/** Paths that are no files of this machine. */
const ELSEWHERE = /^(builtin|dataset|store):/;

/**
 * A pipeline is often written on another machine than the one that trains.
 * @param pipeline with the folders of the data sets that were fetched
 * @throws Error when a file that the stage reads is not here, with what to do
 */
export function checkPaths(
  pipeline: PipelineConfig,
  stage: StageName,
  { model, rewardModel }: DataOf<'run.requested'>['inputs'],
  store: ObjectStore,
): void {
  const { sft, reward, ppo } = pipeline;
  const models: Named[] = [];
  if (!model && 'path' in pipeline.model) models.push(['model.path', pipeline.model.path]);
  if (stage === 'ppo' && !rewardModel) models.push(['ppo.rewardModel', ppo?.rewardModel]);
  const datasets: Record<StageName, Named[]> = {
    sft: [['sft.dataset.path', sft?.dataset.path]],
    reward: [['reward.dataset.path', reward?.dataset.path]],
    ppo: [
      ['ppo.prompts.path', ppo?.prompts.path],
      ['sft.dataset.path', ppo && ppo.ptxCoef > 0 ? sft?.dataset.path : undefined],
    ],
  };
  for (const [field, path] of models)
    if (isMissing(path))
      throw new Error(
        `${field}: ${path} is not on the machine that trains (${hostname()}). Bring the model to the platform with ` +
          `openchat model import ${path} --store ${store.url} --id <id>, and name it store:<id> in the pipeline.`,
      );
  for (const [field, path] of datasets[stage])
    if (isMissing(path))
      throw new Error(
        `${field}: ${path} is not on the machine that trains (${hostname()}). Have it ingested by the platform ` +
          '(POST /v1/datasets) from where it can be read, and name it dataset:<id> in the pipeline.',
      );
}

type Named = [field: string, path: string | undefined];

const isMissing = (path: string | undefined): path is string =>
  path !== undefined && !ELSEWHERE.test(path) && !existsSync(path);
