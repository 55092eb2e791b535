import {
  adaptModel,
  allocateBase,
  allocateModel,
  initializeScoreHead,
  initializeWeights,
  type LoraConfig,
  type Model,
  parseModelConfig,
} from '@open-chatgpt/models';
import { createRng } from '@open-chatgpt/random';

const CONFIG = {
  model_type: 'llama',
  vocab_size: 40,
  hidden_size: 32,
  intermediate_size: 40,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 64,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  tie_word_embeddings: true,
  hidden_act: 'silu',
  bos_token_id: 1,
  eos_token_id: 2,
};

export interface TinyModelOptions {
  /** On a frozen base, with an adapter that changes what the model says. */
  lora?: LoraConfig | null;
  scalarHead?: boolean;
  seed?: number;
}

/** A LLaMA of a few thousand weights, large enough ones that its distributions are far from uniform. */
export function tinyModel({ lora = null, scalarHead = false, seed = 5 }: TinyModelOptions = {}): Model {
  const config = parseModelConfig(CONFIG, 'tiny model');
  const rng = createRng(seed);
  if (!lora) {
    const model = allocateModel(config, { scalarHead });
    initializeWeights(model.trained, rng, config.numHiddenLayers, 0.3);
    if (scalarHead) initializeScoreHead(model.trained, rng);
    return model;
  }
  const base = allocateBase(config, false);
  initializeWeights(base, rng, config.numHiddenLayers, 0.3);
  const model = adaptModel(config, base, lora, { scalarHead });
  for (const { data } of model.trained.all)
    for (let i = 0; i < data.length; i++) data[i] = 0.2 * rng.normal();
  return model;
}
