import { add, embedding, layerNorm, slice, type Value } from '@open-chatgpt/autodiff';
import type { ModelContext } from '../graph/model-context';
import { activations } from './activation';
import type { Family } from './family';

/** GPT-2 (Radford et al. 2019): learned positions, LayerNorm, one fused projection for q, k and v, weights as [in, out]. */
export const gpt2: Family = {
  rotary: false,

  embed(context, ids) {
    const tokens = context.tokenEmbeddings('transformer.wte.weight', ids);
    return add(tokens, embedding(context.parameter('transformer.wpe.weight'), context.positions));
  },

  block(context, x, layer) {
    const name = gpt2.layerPrefix(layer);
    const width = context.config.hiddenSize;
    const qkv = context.linear(norm(context, x, `${name}ln_1`), `${name}attn.c_attn`, true);
    const [q, k, v] = [0, 1, 2].map((part) => slice(qkv, 1, part * width, (part + 1) * width));
    const attended = add(x, context.linear(context.attention(q, k, v, layer), `${name}attn.c_proj`, true));
    const inner = context.linear(norm(context, attended, `${name}ln_2`), `${name}mlp.c_fc`, true);
    return add(
      attended,
      context.linear(activations[context.config.hiddenAct](inner), `${name}mlp.c_proj`, true),
    );
  },

  finish: (context, x) => norm(context, x, 'transformer.ln_f'),

  layerPrefix: (layer) => `transformer.h.${layer}.`,

  embeddingNames: () => ['transformer.wte.weight', 'transformer.wpe.weight'],

  outputEmbedding: (config) => (config.tieWordEmbeddings ? 'transformer.wte.weight' : 'lm_head.weight'),
};

function norm(context: ModelContext, x: Value, module: string): Value {
  const bias = context.parameter(`${module}.bias`);
  return layerNorm(x, context.parameter(`${module}.weight`), bias, context.config.normEps);
}
