import { add, mul, reshape, rmsNorm, swiglu, type Value } from '@open-chatgpt/autodiff';
import type { ModelContext } from '../graph/model-context';
import { activations } from './activation';
import type { Family } from './family';

/**
 * The LLaMA architecture and related families: LLaMA (Touvron et al. 2023), Mistral, Qwen2 (biases on q, k, v) and Qwen3
 * (a norm on each head's queries and keys). Pre-norm blocks with RMSNorm, rotary positions and a gated MLP.
 */
export const decoder: Family = {
  rotary: true,

  embed: (context, ids) => context.tokenEmbeddings('model.embed_tokens.weight', ids),

  block(context, x, layer) {
    const name = decoder.layerPrefix(layer);
    const h = norm(context, x, `${name}input_layernorm`);
    const q = headNorm(context, context.linear(h, `${name}self_attn.q_proj`), `${name}self_attn.q_norm`);
    const k = headNorm(context, context.linear(h, `${name}self_attn.k_proj`), `${name}self_attn.k_norm`);
    const v = context.linear(h, `${name}self_attn.v_proj`);
    const attended = add(x, context.linear(context.attention(q, k, v, layer), `${name}self_attn.o_proj`));
    return add(
      attended,
      mlp(context, norm(context, attended, `${name}post_attention_layernorm`), `${name}mlp.`),
    );
  },

  finish: (context, x) => norm(context, x, 'model.norm'),

  layerPrefix: (layer) => `model.layers.${layer}.`,

  embeddingNames: () => ['model.embed_tokens.weight'],

  outputEmbedding: (config) => (config.tieWordEmbeddings ? 'model.embed_tokens.weight' : 'lm_head.weight'),
};

function norm(context: ModelContext, x: Value, module: string): Value {
  return rmsNorm(x, context.parameter(`${module}.weight`), context.config.normEps);
}

/** Qwen3 normalizes each head separately: x [N, heads · headDim]. */
function headNorm(context: ModelContext, x: Value, module: string): Value {
  const { family, headDim, normEps } = context.config;
  if (family !== 'qwen3') return x;
  const heads = Number(x.shape[1]) / headDim;
  const { tokens } = context;
  const rows = typeof tokens === 'number' ? tokens * heads : `${tokens}*${heads}`;
  return reshape(
    rmsNorm(reshape(x, [rows, headDim]), context.parameter(`${module}.weight`), normEps),
    x.shape,
  );
}

function mlp(context: ModelContext, x: Value, prefix: string): Value {
  const gate = context.linear(x, `${prefix}gate_proj`);
  const up = context.linear(x, `${prefix}up_proj`);
  const { hiddenAct } = context.config;
  const gated = hiddenAct === 'silu' ? swiglu(gate, up) : mul(activations[hiddenAct](gate), up);
  return context.linear(gated, `${prefix}down_proj`);
}
