import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PreferenceExample } from '@open-chatgpt/datasets';
import {
  adaptModel,
  allocateModel,
  loadWeights,
  type Model,
  openAdapter,
  openModel,
  SCORE_WEIGHT,
} from '@open-chatgpt/models';
import type { RewardStageConfig } from '@open-chatgpt/pipeline';
import { createRng } from '@open-chatgpt/random';
import type { Sample } from '@open-chatgpt/runs';
import type { PairEvaluation } from '../algorithms/reward/evaluate';
import { IDENTITY_NORMALIZATION, type RewardNormalization } from '../algorithms/reward/scorer';
import { trainReward } from '../algorithms/reward/train';
import { promptText } from './answers';
import type { BaseModel } from './base-model';
import { ADAPTER_BASE_FILE, exportModel } from './export-model';
import { reportDropped } from './report-dropped';
import { rewardRows } from './reward-rows';
import { finishedStage, restoreFinished, type StageContext, stageEnvironment } from './stage-context';
import { createStageModel } from './stage-models';
import { weightsVersion } from './weights-version';

export interface RewardModel {
  model: Model;
  normalization: RewardNormalization;
}

/** Beside the weights of an exported reward model. */
const NORMALIZATION_FILE = 'reward_normalization.json';

/** Trains a scalar head, and the weights below it, on the pairs; starts as the base is. */
export async function runRewardStage(context: StageContext, config: RewardStageConfig): Promise<RewardModel> {
  const { base, folder } = context;
  const options = { lora: config.lora, scalarHead: true };
  const model = createStageModel(base, options, createRng(config.seed).fork('reward'));
  const finished = finishedStage(context, 'reward');
  let normalization: RewardNormalization;
  if (finished) {
    await restoreFinished(context, 'reward', model);
    normalization = { mean: Number(finished.summary.mean), std: Number(finished.summary.std) };
  } else {
    normalization = await trainOnPairs(context, config, model);
  }
  const target = join(folder.path, 'models', 'reward');
  await exportModel(target, model, base);
  await writeFile(join(target, NORMALIZATION_FILE), `${JSON.stringify(normalization, null, 2)}\n`);
  return { model, normalization };
}

async function trainOnPairs(
  context: StageContext,
  config: RewardStageConfig,
  model: Model,
): Promise<RewardNormalization> {
  const { train, evaluation, heldOut, dropped } = await rewardRows(context.base, config);
  try {
    reportDropped(context, 'reward', dropped);
    const { normalization } = await trainReward({
      ...stageEnvironment(context, 'reward'),
      model,
      config,
      train,
      evaluation,
      padTokenId: context.base.tokenizer.padTokenId,
      sample: (scores) => pairSamples(heldOut, scores, config.evalSamples),
    });
    return normalization;
  } finally {
    await train.close();
  }
}

function pairSamples(
  pairs: readonly PreferenceExample[],
  { chosenScores, rejectedScores }: PairEvaluation,
  count: number,
): Sample[] {
  return pairs.slice(0, count).flatMap(({ prompt, chosen, rejected }, i) => {
    const text = promptText({ messages: prompt });
    return [
      { prompt: text, response: chosen, reward: chosenScores[i] },
      { prompt: text, response: rejected, reward: rejectedScores[i] },
    ];
  });
}

/**
 * A reward model as an earlier run exported it. One that was trained with LoRA on the very weights of `base` is opened as
 * its adapter, and shares the memory of the base, as it did when it was trained.
 * @param base asked for only where there is an adapter
 */
export async function openRewardModel(folder: string, base: () => Promise<BaseModel>): Promise<RewardModel> {
  const model = (await openOnBase(join(folder, 'adapter'), base)) ?? (await openWhole(folder));
  const text = await readFile(join(folder, NORMALIZATION_FILE), 'utf8').catch(() => null);
  const normalization = text === null ? IDENTITY_NORMALIZATION : (JSON.parse(text) as RewardNormalization);
  return { model, normalization };
}

async function openWhole(folder: string): Promise<Model> {
  const files = await openModel(folder);
  try {
    const model = allocateModel(files.config, { scalarHead: true });
    if (!files.weights.tensors().some(({ name }) => name === SCORE_WEIGHT)) {
      throw new Error(`${folder} is no reward model: it has no ${SCORE_WEIGHT}`);
    }
    await loadWeights(model.trained, files.weights);
    return model;
  } finally {
    await files.close();
  }
}

async function openOnBase(adapter: string, openBase: () => Promise<BaseModel>): Promise<Model | null> {
  const text = await readFile(join(adapter, ADAPTER_BASE_FILE), 'utf8').catch(() => null);
  if (text === null) return null;
  const { config, weights } = await openBase();
  if ((JSON.parse(text) as { sha256?: string }).sha256 !== weightsVersion(weights)) return null;
  const files = await openAdapter(adapter);
  try {
    const model = adaptModel(config, weights, files.config, { scalarHead: true });
    await loadWeights(model.trained, files.weights);
    return model;
  } finally {
    await files.close();
  }
}
