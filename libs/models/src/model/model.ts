import { type Parameter, type ParameterSpec, ParameterStore } from '@open-chatgpt/runtime';
import type { ModelConfig } from '../config/model-config';
import { expectedTensors } from '../huggingface/expected-tensors';
import { adapterSpecs } from '../lora/adapters';
import type { LoraConfig } from '../lora/lora-config';

/** Weight of the scalar head of reward and value models: [1, D], as LlamaForSequenceClassification names it. */
export const SCORE_WEIGHT = 'score.weight';

/**
 * A model's description and its weights. What is trained lies in one store; with LoRA the base lies frozen in another,
 * which several models (policy, reference, reward, value) may share.
 */
export interface Model {
  readonly config: ModelConfig;
  readonly lora: LoraConfig | null;
  /** Whether it has a scalar head, for rewards or values. */
  readonly scalarHead: boolean;
  readonly trained: ParameterStore;
  readonly frozen: ParameterStore | null;
}

export interface ModelOptions {
  lora?: LoraConfig | null;
  scalarHead?: boolean;
}

/** The base weights of a model, zero at first. */
export function allocateBase(config: ModelConfig, trainable: boolean): ParameterStore {
  return new ParameterStore(baseSpecs(config, trainable));
}

/** A model all of whose weights are trained, zero at first. */
export function allocateModel(config: ModelConfig, { scalarHead = false }: ModelOptions = {}): Model {
  // A scalar head takes the place of the language model's: an untied output embedding would only cost memory.
  const base = baseSpecs(config, true).filter(({ name }) => !(scalarHead && name === 'lm_head.weight'));
  const trained = new ParameterStore([...base, ...headSpecs(config, scalarHead)]);
  return { config, lora: null, scalarHead, trained, frozen: null };
}

/** A model on a frozen base: what is trained is the adapter, and the head if it has one. */
export function adaptModel(
  config: ModelConfig,
  frozen: ParameterStore,
  lora: LoraConfig,
  { scalarHead = false }: ModelOptions = {},
): Model {
  const trained = new ParameterStore([...adapterSpecs(config, lora), ...headSpecs(config, scalarHead)]);
  return { config, lora, scalarHead, trained, frozen };
}

/** The stores of a model in the order in which a name is looked up. */
export function storesOf(model: Model): ParameterStore[] {
  return model.frozen ? [model.trained, model.frozen] : [model.trained];
}

export function parameterOf(model: Model, name: string): Parameter {
  const store = storesOf(model).find((candidate) => candidate.has(name));
  if (!store) throw new Error(`the model has no parameter "${name}"`);
  return store.get(name);
}

export function hasParameter(model: Model, name: string): boolean {
  return storesOf(model).some((store) => store.has(name));
}

function baseSpecs(config: ModelConfig, trainable: boolean): ParameterSpec[] {
  return expectedTensors(config).map((tensor) => ({ ...tensor, trainable }));
}

function headSpecs(config: ModelConfig, scalarHead: boolean): ParameterSpec[] {
  return scalarHead ? [{ name: SCORE_WEIGHT, shape: [1, config.hiddenSize], trainable: true }] : [];
}
