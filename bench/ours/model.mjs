import { parseModelConfig } from '@open-chatgpt/models';

/** The configuration of a LLaMA of this shape, which the peers take as `--dim` and so on. */
export function configOf(shape, maxLength) {
  return parseModelConfig(
    {
      model_type: 'llama',
      vocab_size: shape.vocab,
      hidden_size: shape.dim,
      intermediate_size: shape.ffn,
      num_hidden_layers: shape.layers,
      num_attention_heads: shape.heads,
      num_key_value_heads: shape.kvHeads,
      max_position_embeddings: maxLength,
      rope_theta: 10000,
      rms_norm_eps: 1e-5,
      tie_word_embeddings: shape.tied,
      hidden_act: 'silu',
      eos_token_id: 0,
    },
    'bench',
  );
}

/** The options of this process: one JSON argument. */
export const options = JSON.parse(process.argv[2] ?? '{}');
