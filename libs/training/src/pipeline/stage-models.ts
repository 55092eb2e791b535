import {
  adaptModel,
  allocateModel,
  initializeAdapters,
  initializeScoreHead,
  type LoraConfig,
  type MeshOption,
  type Model,
  type OffloadOption,
  offloadModel,
  shardModel,
} from '@open-chatgpt/models';
import type { Rng } from '@open-chatgpt/random';
import { ParameterStore } from '@open-chatgpt/runtime';
import type { BaseModel } from './base-model';

/** How the models of a stage are computed. */
export interface Computation extends OffloadOption {
  /** The devices over which a model is divided; null computes it on one. */
  mesh: MeshOption | null;
  bf16: boolean;
}

export interface StageModelOptions extends Computation {
  /** null trains every weight, in a copy of the base. */
  lora: LoraConfig | null;
  scalarHead?: boolean;
}

/** A model to train that starts as the base is; with LoRA it shares the base's memory. */
export function createStageModel(
  base: BaseModel,
  { lora, scalarHead = false, ...computation }: StageModelOptions,
  rng: Rng,
): Model {
  const model = lora
    ? adaptModel(base.config, base.weights, lora, { scalarHead })
    : allocateModel(base.config, { scalarHead });
  if (lora) initializeAdapters(model.trained, rng.fork('adapters'));
  else copyWeights(base.weights, model.trained);
  if (scalarHead) initializeScoreHead(model.trained, rng.fork('score'));
  return computedAs(model, computation);
}

/** The base as a model that nothing trains: a reference. */
export function frozenModel({ config, weights }: BaseModel, computation: Computation): Model {
  const model = { config, lora: null, scalarHead: false, trained: new ParameterStore([]), frozen: weights };
  return computedAs(model, computation);
}

/** A copy of the trained weights of a model, on the same frozen base: the value model from the reward model. */
export function cloneModel(model: Model, computation: Computation): Model {
  const { config, lora, scalarHead, frozen } = model;
  const clone =
    lora && frozen ? adaptModel(config, frozen, lora, { scalarHead }) : allocateModel(config, { scalarHead });
  copyWeights(model.trained, clone.trained);
  return computedAs(clone, computation);
}

/** The same weights, where a stage keeps them and multiplied as it says. Call it before programs and the optimizer are made. */
export function computedAs(model: Model, { mesh, bf16, ...offload }: Computation): Model {
  if (mesh) shardModel(model, mesh);
  offloadModel(model, offload);
  return { ...model, bf16 };
}

/** Copies the parameters that both have. */
export function copyWeights(from: ParameterStore, to: ParameterStore): void {
  for (const { name, tensor } of to.all) if (from.has(name)) tensor.write(from.get(name).read());
}
