import type { ModelConfig } from '../config/model-config';
import { parseModelConfig } from '../config/parse-model-config';
import { ModelFileError } from '../weights/model-file-error';
import type { TensorInfo } from '../weights/weight-source';
import type { GgufMetadata } from './metadata';

const ARCHITECTURES = ['llama', 'qwen2', 'qwen3', 'gpt2'];

/**
 * The configuration of a GGUF model. `source` holds the equivalent config.json.
 *
 * @param tensors of the file: they show whether embeddings are tied and projections have biases
 * @param ropeScaling the scaling that the metadata do not contain (see `llama3Scaling`)
 */
export function ggufModelConfig(
  metadata: GgufMetadata,
  tensors: readonly TensorInfo[],
  ropeScaling?: Record<string, unknown> | null,
): ModelConfig {
  const architecture = metadata.require('general.architecture', metadata.string('general.architecture'));
  if (!ARCHITECTURES.includes(architecture))
    throw new ModelFileError(
      metadata.where,
      `the architecture "${architecture}" is not supported; supported: ${ARCHITECTURES.join(', ')}`,
    );
  if (metadata.number(`${architecture}.expert_count`))
    throw new ModelFileError(metadata.where, 'mixture-of-experts models are not supported');
  const common = {
    model_type: architecture,
    vocab_size: tensors.find(({ name }) => name === 'token_embd.weight')?.shape[0],
    bos_token_id: metadata.number('tokenizer.ggml.bos_token_id') ?? null,
    eos_token_id: metadata.number('tokenizer.ggml.eos_token_id') ?? null,
    pad_token_id: metadata.number('tokenizer.ggml.padding_token_id') ?? null,
  };
  const fields =
    architecture === 'gpt2'
      ? gpt2Fields(metadata)
      : decoderFields(metadata, architecture, tensors, ropeScaling);
  return parseModelConfig({ ...common, ...fields }, metadata.where);
}

function gpt2Fields(metadata: GgufMetadata): Record<string, unknown> {
  return {
    n_embd: metadata.number('gpt2.embedding_length'),
    n_layer: metadata.number('gpt2.block_count'),
    n_head: metadata.number('gpt2.attention.head_count'),
    n_positions: metadata.number('gpt2.context_length'),
    n_inner: metadata.number('gpt2.feed_forward_length'),
    layer_norm_epsilon: metadata.number('gpt2.attention.layer_norm_epsilon'),
    tie_word_embeddings: true, // `openGguf` looks at output.weight
  };
}

function decoderFields(
  metadata: GgufMetadata,
  architecture: string,
  tensors: readonly TensorInfo[],
  ropeScaling: Record<string, unknown> | null | undefined,
): Record<string, unknown> {
  const number = (key: string) => metadata.number(`${architecture}.${key}`);
  const has = (name: string) => tensors.some((tensor) => tensor.name === name);
  const width = number('embedding_length');
  const heads = number('attention.head_count');
  const headDim = number('attention.key_length') ?? (width && heads ? width / heads : undefined);
  const rotated = number('rope.dimension_count') ?? headDim;
  return {
    hidden_size: width,
    intermediate_size: number('feed_forward_length'),
    num_hidden_layers: number('block_count'),
    num_attention_heads: heads,
    num_key_value_heads: number('attention.head_count_kv'),
    head_dim: headDim,
    max_position_embeddings: number('context_length'),
    rms_norm_eps: number('attention.layer_norm_rms_epsilon'),
    rope_theta: number('rope.freq_base'),
    ...(headDim && rotated !== headDim ? { partial_rotary_factor: (rotated ?? 0) / headDim } : {}),
    rope_scaling: ropeScaling ?? metadataScaling(metadata, architecture),
    hidden_act: 'silu',
    tie_word_embeddings: !has('output.weight'),
    attention_bias: has('blk.0.attn_q.bias'),
    mlp_bias: has('blk.0.ffn_up.bias'),
  };
}

/** llama.cpp scales linearly where the type is missing, by the key of 2023 (`rope.scale_linear`) where the newer one is missing. */
function metadataScaling(metadata: GgufMetadata, architecture: string): Record<string, unknown> | null {
  const key = `${architecture}.rope.scaling`;
  const factor =
    metadata.number(`${key}.factor`) ?? metadata.number(`${architecture}.rope.scale_linear`) ?? 0;
  const type = metadata.string(`${key}.type`) ?? 'linear';
  if (type === 'none' || (type === 'linear' && factor === 0)) return null;
  const original = metadata.number(`${key}.original_context_length`);
  // llama.cpp multiplies YaRN's temperature by its own factor; transformers' attention_factor is the product.
  const multiplier = metadata.number(`${key}.attn_factor`);
  const temperature = 0.1 * Math.log(Math.max(factor, 1)) + 1;
  const optional = {
    original_max_position_embeddings: original,
    attention_factor: multiplier === undefined ? undefined : multiplier * temperature,
    beta_fast: metadata.number(`${key}.yarn_beta_fast`),
    beta_slow: metadata.number(`${key}.yarn_beta_slow`),
  };
  const present = Object.entries(optional).filter(([, value]) => value !== undefined);
  return { rope_type: type, factor, ...Object.fromEntries(present) };
}
