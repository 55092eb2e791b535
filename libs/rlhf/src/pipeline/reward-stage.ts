import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type PreferenceExample, tokenizeAll, tokenizePreference } from '@open-chatgpt/datasets';
import { allocateModel, loadWeights, type Model, openModel, SCORE_WEIGHT } from '@open-chatgpt/models';
import { createRng } from '@open-chatgpt/random';
import type { PairEvaluation } from '../reward/evaluate';
import { IDENTITY_NORMALIZATION, type RewardNormalization } from '../reward/scorer';
import { trainReward } from '../reward/train';
import type { Sample } from '../run/events';
import { promptText } from './answers';
import type { RewardStageConfig } from './config';
import { loadExamples } from './data';
import { exportModel } from './export-model';
import { reportDropped } from './report-dropped';
import { finishedStage, restoreFinished, type StageContext, stageEnvironment } from './stage-context';
import { createStageModel } from './stage-models';

export interface RewardModel {
  model: Model;
  normalization: RewardNormalization;
}

/** Beside the weights of an exported reward model. */
const NORMALIZATION_FILE = 'reward_normalization.json';

/** Trains a scalar head, and the weights below it, on the pairs; starts as the base is. */
export async function runRewardStage(context: StageContext, config: RewardStageConfig): Promise<RewardModel> {
  const { base, folder } = context;
  const { tokenizer, template } = base;
  const data = await loadExamples(config.dataset, 'preference', config.seed);
  const tokenize = (examples: readonly PreferenceExample[]) =>
    tokenizeAll(examples, (example) => tokenizePreference(example, tokenizer, template, config));
  const train = await tokenize(data.train);
  const evaluation = await tokenize(data.evaluation);
  reportDropped(context, 'reward', { ...data.dropped, ...train.dropped });

  const options = { lora: config.lora, scalarHead: true };
  const model = createStageModel(base, options, createRng(config.seed).fork('reward'));
  const finished = finishedStage(context, 'reward');
  let normalization: RewardNormalization;
  if (finished) {
    await restoreFinished(context, 'reward', model);
    normalization = { mean: Number(finished.summary.mean), std: Number(finished.summary.std) };
  } else {
    const heldOut = evaluation.sources.map((source) => data.evaluation[source]);
    const result = await trainReward({
      ...stageEnvironment(context, 'reward'),
      model,
      config,
      train: train.items,
      evaluation: evaluation.items,
      padTokenId: tokenizer.padTokenId,
      sample: (scores) => pairSamples(heldOut, scores, config.evalSamples),
    });
    normalization = result.normalization;
  }
  const target = join(folder.path, 'models', 'reward');
  await exportModel(target, model, base);
  await writeFile(join(target, NORMALIZATION_FILE), `${JSON.stringify(normalization, null, 2)}\n`);
  return { model, normalization };
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

/** A reward model as an earlier run exported it. */
export async function openRewardModel(folder: string): Promise<RewardModel> {
  const files = await openModel(folder);
  try {
    const model = allocateModel(files.config, { scalarHead: true });
    if (!files.weights.tensors().some(({ name }) => name === SCORE_WEIGHT)) {
      throw new Error(`${folder} is no reward model: it has no ${SCORE_WEIGHT}`);
    }
    await loadWeights(model.trained, files.weights);
    const text = await readFile(join(folder, NORMALIZATION_FILE), 'utf8').catch(() => null);
    const normalization = text === null ? IDENTITY_NORMALIZATION : (JSON.parse(text) as RewardNormalization);
    return { model, normalization };
  } finally {
    await files.close();
  }
}
