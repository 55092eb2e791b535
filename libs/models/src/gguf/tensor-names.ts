import type { ModelFamily } from '../config/model-config';

/** Module names of llama.cpp → names of transformers, separately for blocks and for the rest. */
interface Names {
  layers: string;
  block: Readonly<Record<string, string>>;
  outer: Readonly<Record<string, string>>;
}

const DECODER: Names = {
  layers: 'model.layers',
  block: {
    attn_norm: 'input_layernorm',
    attn_q: 'self_attn.q_proj',
    attn_k: 'self_attn.k_proj',
    attn_v: 'self_attn.v_proj',
    attn_output: 'self_attn.o_proj',
    attn_q_norm: 'self_attn.q_norm',
    attn_k_norm: 'self_attn.k_norm',
    ffn_norm: 'post_attention_layernorm',
    ffn_gate: 'mlp.gate_proj',
    ffn_up: 'mlp.up_proj',
    ffn_down: 'mlp.down_proj',
  },
  outer: { token_embd: 'model.embed_tokens', output_norm: 'model.norm', output: 'lm_head' },
};

const GPT2: Names = {
  layers: 'transformer.h',
  block: {
    attn_norm: 'ln_1',
    attn_qkv: 'attn.c_attn',
    attn_output: 'attn.c_proj',
    ffn_norm: 'ln_2',
    ffn_up: 'mlp.c_fc',
    ffn_down: 'mlp.c_proj',
  },
  outer: {
    token_embd: 'transformer.wte',
    position_embd: 'transformer.wpe',
    output_norm: 'transformer.ln_f',
    output: 'lm_head',
  },
};

/** Holds the wavelength factors of LLaMA 3 scaling; not a weight. */
export const ROPE_FACTORS = 'rope_freqs.weight';

/** The canonical name of a GGUF tensor, or null when the family has no such tensor. */
export function huggingFaceName(family: ModelFamily, name: string): string | null {
  const { layers, block, outer } = family === 'gpt2' ? GPT2 : DECODER;
  const parts = /^(?:blk\.(\d+)\.)?(\w+)\.(weight|bias)$/.exec(name);
  if (!parts) return null;
  const [, layer, module, kind] = parts;
  const table = layer === undefined ? outer : block;
  if (!Object.hasOwn(table, module)) return null;
  return layer === undefined ? `${table[module]}.${kind}` : `${layers}.${layer}.${table[module]}.${kind}`;
}

/** The inverse: llama.cpp's name of a weight, or null when it has none. */
export function ggufName(family: ModelFamily, name: string): string | null {
  const { layers, block, outer } = family === 'gpt2' ? GPT2 : DECODER;
  const [, module, kind] = /^(.*)\.(weight|bias)$/.exec(name) ?? [];
  const named = (table: Readonly<Record<string, string>>, wanted: string) =>
    Object.keys(table).find((key) => table[key] === wanted);
  if (module === undefined) return null;
  if (!module.startsWith(`${layers}.`)) {
    const found = named(outer, module);
    return found === undefined ? null : `${found}.${kind}`;
  }
  const [, layer, rest] = /^(\d+)\.(.*)$/.exec(module.slice(layers.length + 1)) ?? [];
  const found = rest === undefined ? undefined : named(block, rest);
  return found === undefined ? null : `blk.${layer}.${found}.${kind}`;
}
