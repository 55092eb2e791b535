import type { ModelFamily } from '../config/model-config';

interface Naming {
  /** What the current transformers library puts before the base model's names. */
  prefix: string;
  /** Names of the base model saved without its head, which lack the prefix. */
  unprefixed: RegExp;
  /** Constants that old versions stored along with the weights. */
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
 * The name that transformers writes today for a tensor of a Hugging Face checkpoint, or null for a buffer
 * that is no weight. Names of heads (`lm_head.weight`, `score.weight`, …) stay as they are.
 */
export function canonicalName(family: ModelFamily, name: string): string | null {
  const { prefix, unprefixed, buffers } = NAMING[family];
  if (buffers.test(name)) return null;
  return unprefixed.test(name) ? prefix + name : name;
}
