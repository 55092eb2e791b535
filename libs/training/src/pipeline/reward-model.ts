import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  adaptModel,
  allocateModel,
  checkAdapterBase,
  loadWeights,
  type Model,
  openAdapter,
  openModel,
  SCORE_WEIGHT,
} from '@open-chatgpt/models';
import type { BaseModel } from './base-model';
import { weightsVersion } from './weights-version';

/** Brings a reward model's scores to mean 0 and standard deviation 1 on reference responses. Stored with the model. */
export interface RewardNormalization {
  mean: number;
  std: number;
}

export const IDENTITY_NORMALIZATION: RewardNormalization = { mean: 0, std: 1 };

/** A model with a scalar head, and how its scores are brought to mean 0 and standard deviation 1. */
export interface RewardModel {
  model: Model;
  normalization: RewardNormalization;
}

/** Beside the weights of an exported reward model. */
const NORMALIZATION_FILE = 'reward_normalization.json';

export async function writeNormalization(folder: string, normalization: RewardNormalization): Promise<void> {
  await writeFile(join(folder, NORMALIZATION_FILE), `${JSON.stringify(normalization, null, 2)}\n`);
}

/**
 * A reward model as an earlier run exported it. One that was trained with LoRA on the very weights of `base` is opened as
 * its adapter, and shares the memory of the base, as it did when it was trained.
 * @param folder of the whole model, or of its adapter alone
 * @param base called only where there is an adapter; null opens the whole model
 * @param onLoading in elements of the weights of a whole model
 * @throws Error when the folder has no reward model, or an adapter alone that belongs on other weights than `base`
 */
export async function openRewardModel(
  folder: string,
  base: (() => Promise<BaseModel>) | null,
  onLoading?: (done: number, total: number) => void,
): Promise<RewardModel> {
  const alone = isAdapter(folder) && !existsSync(join(folder, 'config.json'));
  if (alone && base) {
    const model = await openAdapted(folder, base, true);
    return { model: model!, normalization: await readNormalization(dirname(folder)) };
  }
  const adapter = join(folder, 'adapter');
  const adapted = base && isAdapter(adapter) ? await openAdapted(adapter, base, false) : null;
  const model = adapted ?? (await openWhole(folder, onLoading));
  return { model, normalization: await readNormalization(folder) };
}

const isAdapter = (folder: string): boolean => existsSync(join(folder, 'adapter_config.json'));

async function readNormalization(folder: string): Promise<RewardNormalization> {
  const text = await readFile(join(folder, NORMALIZATION_FILE), 'utf8').catch(() => null);
  return text === null ? IDENTITY_NORMALIZATION : (JSON.parse(text) as RewardNormalization);
}

async function openWhole(folder: string, onLoading?: (done: number, total: number) => void): Promise<Model> {
  const files = await openModel(folder);
  try {
    const head = files.weights.tensors().find(({ name }) => name === SCORE_WEIGHT);
    if (!head)
      throw new Error(`${folder} is a language model and not a reward model: it has no ${SCORE_WEIGHT}`);
    if (head.shape[0] !== 1)
      throw new Error(
        `${folder}: ${SCORE_WEIGHT} is [${head.shape.join(', ')}], a classifier with ${head.shape[0]} labels; ` +
          'a reward model has one',
      );
    const model = allocateModel(files.config, { scalarHead: true });
    await loadWeights(model.trained, files.weights, onLoading);
    return model;
  } finally {
    await files.close();
  }
}

/**
 * The model of an adapter on the base.
 * @param required throws where the adapter belongs on other weights, or does not say on which; else returns null
 */
async function openAdapted(
  adapter: string,
  openBase: () => Promise<BaseModel>,
  required: boolean,
): Promise<Model | null> {
  const files = await openAdapter(adapter);
  try {
    if (!files.base) {
      if (!required) return null;
      throw new Error(`${adapter} does not say which weights it belongs on; merge it into its base first`);
    }
    const { config, weights } = await openBase();
    const version = weightsVersion(weights);
    if (!required && files.base.sha256 !== version) return null;
    checkAdapterBase(adapter, files.base, version, 'the base of the stage');
    const model = adaptModel(config, weights, files.config, { scalarHead: true });
    if (!files.weights.tensors().some(({ name }) => name === SCORE_WEIGHT))
      throw new Error(
        `${adapter} is the adapter of a language model and not of a reward model: it has no ${SCORE_WEIGHT}`,
      );
    await loadWeights(model.trained, files.weights);
    return model;
  } finally {
    await files.close();
  }
}
