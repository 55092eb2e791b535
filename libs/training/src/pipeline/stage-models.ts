import {
  adaptModel,
  allocateModel,
  initializeAdapters,
  initializeScoreHead,
  type LoraConfig,
  type Model,
} from '@open-chatgpt/models';
import type { Rng } from '@open-chatgpt/random';
import { ParameterStore } from '@open-chatgpt/runtime';
import type { BaseModel } from './base-model';

export interface StageModelOptions {
  /** null trains every weight, in a copy of the base. */
  lora: LoraConfig | null;
  scalarHead?: boolean;
}

/** A model to train that starts as the base is; with LoRA it shares the base's memory. */
export function createStageModel(
  base: BaseModel,
  { lora, scalarHead = false }: StageModelOptions,
  rng: Rng,
): Model {
  const model = lora
    ? adaptModel(base.config, base.weights, lora, { scalarHead })
    : allocateModel(base.config, { scalarHead });
  if (lora) initializeAdapters(model.trained, rng.fork('adapters'));
  else copyWeights(base.weights, model.trained);
  if (scalarHead) initializeScoreHead(model.trained, rng.fork('score'));
  return model;
}

/** The base as a model that nothing trains: PPO's reference. */
export function frozenModel({ config, weights }: BaseModel): Model {
  return { config, lora: null, scalarHead: false, trained: new ParameterStore([]), frozen: weights };
}

/** A copy of the trained weights of a model, on the same frozen base: the value model from the reward model. */
export function cloneModel(model: Model): Model {
  const { config, lora, scalarHead, frozen } = model;
  const clone =
    lora && frozen ? adaptModel(config, frozen, lora, { scalarHead }) : allocateModel(config, { scalarHead });
  copyWeights(model.trained, clone.trained);
  return clone;
}

/** Copies the parameters that both have. */
export function copyWeights(from: ParameterStore, to: ParameterStore): void {
  for (const { name, data } of to.all) if (from.has(name)) data.set(from.get(name).data);
}
