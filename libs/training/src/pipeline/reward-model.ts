import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  adaptModel,
  allocateModel,
  loadWeights,
  type Model,
  openAdapter,
  openModel,
  SCORE_WEIGHT,
} from '@open-chatgpt/models';
import type { BaseModel } from './base-model';
import { ADAPTER_BASE_FILE } from './export-model';
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
 * @param base called only where there is an adapter; null opens the whole model
 * @param onLoading in elements of the weights of a whole model
 * @throws Error when the folder has no reward model
 */
export async function openRewardModel(
  folder: string,
  base: (() => Promise<BaseModel>) | null,
  onLoading?: (done: number, total: number) => void,
): Promise<RewardModel> {
  const adapted = base && (await openOnBase(join(folder, 'adapter'), base));
  const model = adapted ?? (await openWhole(folder, onLoading));
  const text = await readFile(join(folder, NORMALIZATION_FILE), 'utf8').catch(() => null);
  const normalization = text === null ? IDENTITY_NORMALIZATION : (JSON.parse(text) as RewardNormalization);
  return { model, normalization };
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
