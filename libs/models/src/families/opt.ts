import { add, embedding, layerNorm, type Value } from '@open-chatgpt/autodiff';
import { OPT_POSITION_OFFSET } from '@open-chatgpt/sizing';
import type { ModelContext } from '../graph/model-context';
import { activations } from './activation';
import type { Family } from './family';

/** OPT (Zhang et al. 2022): learned positions with an offset, LayerNorm before each part of a block, or after it (350M). */
export const opt: Family = {
  rotary: false,

  embed(context, ids) {
    const { graph } = context;
    const tokens = context.tokenEmbeddings('model.decoder.embed_tokens.weight', ids);
    const offset = graph.int64s([OPT_POSITION_OFFSET]);
    const rows = graph.node('Add', [context.positions, offset], {}, [
      { shape: ids.shape, dtype: 'int64' },
    ])[0];
    return add(tokens, embedding(context.parameter('model.decoder.embed_positions.weight'), rows));
  },

  block(context, x, layer) {
    const name = opt.layerPrefix(layer);
    const attended = residual(context, x, `${name}self_attn_layer_norm`, (h) => {
      const [q, k, v] = ['q_proj', 'k_proj', 'v_proj'].map((module) =>
        context.linear(h, `${name}self_attn.${module}`),
      );
      return context.linear(context.attention(q, k, v, layer), `${name}self_attn.out_proj`);
    });
    return residual(context, attended, `${name}final_layer_norm`, (h) => {
      const inner = activations[context.config.hiddenAct](context.linear(h, `${name}fc1`));
      return context.linear(inner, `${name}fc2`);
    });
  },

  finish(context, x) {
    return context.config.doLayerNormBefore ? norm(context, x, 'model.decoder.final_layer_norm') : x;
  },

  layerPrefix: (layer) => `model.decoder.layers.${layer}.`,

  embeddingNames: () => ['model.decoder.embed_tokens.weight', 'model.decoder.embed_positions.weight'],

  outputEmbedding: (config) =>
    config.tieWordEmbeddings ? 'model.decoder.embed_tokens.weight' : 'lm_head.weight',
};

function residual(context: ModelContext, x: Value, module: string, inner: (h: Value) => Value): Value {
  return context.config.doLayerNormBefore
    ? add(x, inner(norm(context, x, module)))
    : norm(context, add(x, inner(x)), module);
}

function norm(context: ModelContext, x: Value, module: string): Value {
  const bias = context.parameter(`${module}.bias`);
  return layerNorm(x, context.parameter(`${module}.weight`), bias, context.config.normEps);
}
