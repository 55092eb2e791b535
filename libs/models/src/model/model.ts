import {
  type Mesh,
  type Parameter,
  ParameterOutline,
  type ParameterShapes,
  type ParameterSpec,
  ParameterStore,
} from '@open-chatgpt/runtime';
import { expectedTensors } from '@open-chatgpt/sizing';
import type { ModelConfig } from '../config/model-config';
import { adapterSpecs } from '../lora/adapters';
import type { LoraConfig } from '../lora/lora-config';

/** Weight of the scalar head of reward and value models: [1, D], as LlamaForSequenceClassification names it. */
export const SCORE_WEIGHT = 'score.weight';

/** A model without its weights: enough to build its graphs. */
export interface ModelOutline {
  readonly config: ModelConfig;
  readonly lora: LoraConfig | null;
  /** Whether it has a scalar head, for rewards or values. */
  readonly scalarHead: boolean;
  /** Whether its passes over whole sequences multiply matrices in bfloat16, with float32 sums. Sampling does not. */
  readonly bf16?: boolean;
  readonly trained: ParameterShapes;
  readonly frozen: ParameterShapes | null;
}

/**
 * A model's configuration and weights. One store holds the trained weights. With LoRA, another store holds the frozen base,
 * which several models (policy, reference, reward, value) may share.
 */
export interface Model extends ModelOutline {
  readonly trained: ParameterStore;
  readonly frozen: ParameterStore | null;
}

export interface ModelOptions {
  lora?: LoraConfig | null;
  scalarHead?: boolean;
}

/** The base weights of a model, initially zero. */
export function allocateBase(config: ModelConfig, trainable: boolean): ParameterStore {
  return new ParameterStore(baseSpecs(config, trainable));
}

/** A model whose weights are all trained, initially zero. */
export function allocateModel(config: ModelConfig, { scalarHead = false }: ModelOptions = {}): Model {
  const trained = new ParameterStore(fullSpecs(config, scalarHead));
  return { config, lora: null, scalarHead, trained, frozen: null };
}

/**
 * A model to train, full or with LoRA, without memory for its weights.
 * @param mesh over which it is divided; null for one device
 */
export function outlineModel(
  config: ModelConfig,
  { lora = null, scalarHead = false }: ModelOptions,
  mesh: Mesh | null = null,
): ModelOutline {
  if (!lora) {
    const trained = new ParameterOutline(fullSpecs(config, scalarHead), mesh);
    return { config, lora, scalarHead, trained, frozen: null };
  }
  const trained = new ParameterOutline(
    [...adapterSpecs(config, lora), ...headSpecs(config, scalarHead)],
    mesh,
  );
  return { config, lora, scalarHead, trained, frozen: new ParameterOutline(baseSpecs(config, false), mesh) };
}

/** A model on a frozen base. Only its adapter, and its head if present, are trained. */
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

export function hasParameter({ trained, frozen }: ModelOutline, name: string): boolean {
  return trained.has(name) || (frozen?.has(name) ?? false);
}

/** The shape of a parameter, and whether it is trained. */
export function specOf({ trained, frozen }: ModelOutline, name: string): ParameterSpec {
  const owner = [trained, frozen].find((candidate) => candidate?.has(name));
  if (!owner) throw new Error(`the model has no parameter "${name}"`);
  return owner.get(name);
}

function fullSpecs(config: ModelConfig, scalarHead: boolean): ParameterSpec[] {
  // A scalar head replaces the language-model head, so an untied output embedding is not allocated.
  const base = baseSpecs(config, true).filter(({ name }) => !(scalarHead && name === 'lm_head.weight'));
  return [...base, ...headSpecs(config, scalarHead)];
}

function baseSpecs(config: ModelConfig, trainable: boolean): ParameterSpec[] {
  return expectedTensors(config).map((tensor) => ({ ...tensor, trainable }));
}

function headSpecs(config: ModelConfig, scalarHead: boolean): ParameterSpec[] {
  return scalarHead ? [{ name: SCORE_WEIGHT, shape: [1, config.hiddenSize], trainable: true }] : [];
}
