import {
  adaptModel,
  allocateModel,
  initializeAdapters,
  initializeScoreHead,
  type LoraConfig,
  type MeshOption,
  type Model,
  shardModel,
} from '@open-chatgpt/models';
import type { Rng } from '@open-chatgpt/random';
import { ParameterStore } from '@open-chatgpt/runtime';
import type { BaseModel } from './base-model';

export interface StageModelOptions {
  /** null trains every weight, in a copy of the base. */
  lora: LoraConfig | null;
  scalarHead?: boolean;
  /** Devices of the model. */
  mesh: MeshOption | null;
}

/** A model to train that starts as the base is; with LoRA it shares the base's memory. */
export function createStageModel(
  base: BaseModel,
  { lora, mesh, scalarHead = false }: StageModelOptions,
  rng: Rng,
): Model {
  const model = lora
    ? adaptModel(base.config, base.weights, lora, { scalarHead })
    : allocateModel(base.config, { scalarHead });
  if (lora) initializeAdapters(model.trained, rng.fork('adapters'));
  else copyWeights(base.weights, model.trained);
  if (scalarHead) initializeScoreHead(model.trained, rng.fork('score'));
  if (mesh) shardModel(model, mesh);
  return model;
}

/** The base as a model that nothing trains: a reference. */
export function frozenModel({ config, weights }: BaseModel, mesh: MeshOption | null): Model {
  const model = { config, lora: null, scalarHead: false, trained: new ParameterStore([]), frozen: weights };
  if (mesh) shardModel(model, mesh);
  return model;
}

/** A copy of the trained weights of a model, on the same frozen base: the value model from the reward model. */
export function cloneModel(model: Model, mesh: MeshOption | null): Model {
  const { config, lora, scalarHead, frozen } = model;
  const clone =
    lora && frozen ? adaptModel(config, frozen, lora, { scalarHead }) : allocateModel(config, { scalarHead });
  copyWeights(model.trained, clone.trained);
  if (mesh) shardModel(clone, mesh);
  return clone;
}

/** Copies the parameters that both have. */
export function copyWeights(from: ParameterStore, to: ParameterStore): void {
  for (const { name, data } of to.all) if (from.has(name)) data.set(from.get(name).data);
}
