import type { ModelFamily } from '../config/model-config';

interface Naming {
  /** Prefix of the base model's names in the current transformers library. */
  prefix: string;
  /** Names of a base model that was saved without its head, and therefore lacks the prefix. */
  unprefixed: RegExp;
  /** Constants that old versions stored beside the weights. */
  buffers: RegExp;
}

const DECODER: Naming = {
  prefix: 'model.',
  unprefixed: /^(embed_tokens|layers|norm)\./,
  buffers: /rotary_emb\.inv_freq$/,
};

const NAMING: Record<ModelFamily, Naming> = {
  llama: DECODER,
  mistral: DECODER,
  qwen2: DECODER,
  qwen3: DECODER,
  gpt2: {
    prefix: 'transformer.',
    unprefixed: /^(wte|wpe|h|ln_f)\./,
    buffers: /\.attn\.(bias|masked_bias)$/,
  },
  opt: { prefix: 'model.', unprefixed: /^decoder\./, buffers: /^$/ },
};

/**
 * The current transformers name for a tensor of a Hugging Face checkpoint, or null for a buffer that is not a weight.
 * Names of heads (`lm_head.weight`, `score.weight`, …) do not change.
 */
export function canonicalName(family: ModelFamily, name: string): string | null {
  const { prefix, unprefixed, buffers } = NAMING[family];
  if (buffers.test(name)) return null;
  return unprefixed.test(name) ? prefix + name : name;
}
