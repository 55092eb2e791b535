import type { ModelConfig } from './model-config';
import { ropeScalingFields } from './rope-scaling';

const ARCHITECTURES: Record<ModelConfig['family'], string> = {
  llama: 'LlamaForCausalLM',
  mistral: 'MistralForCausalLM',
  qwen2: 'Qwen2ForCausalLM',
  qwen3: 'Qwen3ForCausalLM',
  gpt2: 'GPT2LMHeadModel',
  opt: 'OPTForCausalLM',
};

/** The inverse of `parseModelConfig`: the fields of `config`, and the other fields of `source`. */
export function toHuggingFaceConfig(config: ModelConfig): Record<string, unknown> {
  const [firstEos, ...otherEos] = config.eosTokenIds;
  return {
    architectures: [ARCHITECTURES[config.family]],
    ...config.source,
    model_type: config.family,
    vocab_size: config.vocabSize,
    tie_word_embeddings: config.tieWordEmbeddings,
    bos_token_id: config.bosTokenId,
    eos_token_id: otherEos.length > 0 ? config.eosTokenIds : (firstEos ?? null),
    pad_token_id: config.padTokenId,
    ...familyFields(config),
  };
}

function familyFields(config: ModelConfig): Record<string, unknown> {
  switch (config.family) {
    case 'gpt2':
      return {
        n_embd: config.hiddenSize,
        n_inner: config.intermediateSize === 4 * config.hiddenSize ? null : config.intermediateSize,
        n_layer: config.numHiddenLayers,
        n_head: config.numAttentionHeads,
        n_positions: config.maxPositionEmbeddings,
        layer_norm_epsilon: config.normEps,
        activation_function: config.hiddenAct,
      };
    case 'opt':
      return {
        hidden_size: config.hiddenSize,
        word_embed_proj_dim: config.hiddenSize,
        ffn_dim: config.intermediateSize,
        num_hidden_layers: config.numHiddenLayers,
        num_attention_heads: config.numAttentionHeads,
        max_position_embeddings: config.maxPositionEmbeddings,
        activation_function: config.hiddenAct,
        do_layer_norm_before: config.doLayerNormBefore,
        enable_bias: config.attentionBias,
      };
    default:
      return decoderFields(config);
  }
}

function decoderFields(config: ModelConfig): Record<string, unknown> {
  return {
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    num_hidden_layers: config.numHiddenLayers,
    num_attention_heads: config.numAttentionHeads,
    num_key_value_heads: config.numKeyValueHeads,
    head_dim: config.headDim,
    max_position_embeddings: config.maxPositionEmbeddings,
    rms_norm_eps: config.normEps,
    hidden_act: config.hiddenAct,
    ...ropeFields(config),
    ...biasAndWindowFields(config),
  };
}

/** In the format of `source`: `rope_parameters` (transformers 5), or the older pair of fields that both versions read. */
function ropeFields(config: ModelConfig): Record<string, unknown> {
  const scaling = config.ropeScaling === null ? null : ropeScalingFields(config.ropeScaling);
  if (config.source['rope_parameters'])
    return {
      // Not beside the older field, which transformers would follow.
      rope_scaling: undefined,
      rope_parameters: { ...(scaling ?? { rope_type: 'default' }), rope_theta: config.ropeTheta },
    };
  return { rope_theta: config.ropeTheta, rope_scaling: scaling };
}

function biasAndWindowFields(config: ModelConfig): Record<string, unknown> {
  switch (config.family) {
    case 'llama':
      return { attention_bias: config.attentionBias, mlp_bias: config.mlpBias };
    case 'mistral':
      return { sliding_window: config.slidingWindow };
    case 'qwen2':
      return qwenWindow(config);
    default:
      return { attention_bias: config.attentionBias, ...qwenWindow(config) };
  }
}

function qwenWindow(config: ModelConfig): Record<string, unknown> {
  if (config.slidingWindow === null) return { use_sliding_window: false };
  return { use_sliding_window: true, sliding_window: config.slidingWindow, max_window_layers: 0 };
}
