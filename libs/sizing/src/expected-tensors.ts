import type { ModelShape } from './model-shape';

export interface ExpectedTensor {
  name: string;
  shape: number[];
}

/** Number of rows before position 0 in OPT's position table. */
export const OPT_POSITION_OFFSET = 2;

/**
 * Every weight of a model with this configuration, with the name and shape of the current transformers library: linear
 * weights as [out, in], except for GPT-2's, which are [in, out]. The list contains `lm_head.weight` only when it is not
 * tied to the embeddings.
 */
export function expectedTensors(config: ModelShape): ExpectedTensor[] {
  switch (config.family) {
    case 'gpt2':
      return gpt2Tensors(config);
    case 'opt':
      return optTensors(config);
    default:
      return decoderTensors(config);
  }
}

function eachLayer(config: ModelShape, layer: (i: number) => ExpectedTensor[]): ExpectedTensor[] {
  return Array.from({ length: config.numHiddenLayers }, (_, i) => layer(i)).flat();
}

function head(config: ModelShape): ExpectedTensor[] {
  return config.tieWordEmbeddings
    ? []
    : [{ name: 'lm_head.weight', shape: [config.vocabSize, config.hiddenSize] }];
}

/** The weight of a module and its bias if present. The length of the bias is the module's output width. */
function module(name: string, shape: number[], bias: number | false): ExpectedTensor[] {
  const weight = { name: `${name}.weight`, shape };
  return bias === false ? [weight] : [weight, { name: `${name}.bias`, shape: [bias] }];
}

function decoderTensors(config: ModelShape): ExpectedTensor[] {
  const { hiddenSize: width, intermediateSize: inner, headDim } = config;
  const queries = config.numAttentionHeads * headDim;
  const keys = config.numKeyValueHeads * headDim;
  const linear = (name: string, out: number, input: number, bias: boolean) =>
    module(name, [out, input], bias && out);
  return [
    ...module('model.embed_tokens', [config.vocabSize, width], false),
    ...eachLayer(config, (i) => {
      const layer = `model.layers.${i}`;
      return [
        ...linear(`${layer}.self_attn.q_proj`, queries, width, config.attentionBias),
        ...linear(`${layer}.self_attn.k_proj`, keys, width, config.attentionBias),
        ...linear(`${layer}.self_attn.v_proj`, keys, width, config.attentionBias),
        ...linear(`${layer}.self_attn.o_proj`, width, queries, config.attentionOutBias),
        ...(config.family === 'qwen3'
          ? [
              ...module(`${layer}.self_attn.q_norm`, [headDim], false),
              ...module(`${layer}.self_attn.k_norm`, [headDim], false),
            ]
          : []),
        ...linear(`${layer}.mlp.gate_proj`, inner, width, config.mlpBias),
        ...linear(`${layer}.mlp.up_proj`, inner, width, config.mlpBias),
        ...linear(`${layer}.mlp.down_proj`, width, inner, config.mlpBias),
        ...module(`${layer}.input_layernorm`, [width], false),
        ...module(`${layer}.post_attention_layernorm`, [width], false),
      ];
    }),
    ...module('model.norm', [width], false),
    ...head(config),
  ];
}

function gpt2Tensors(config: ModelShape): ExpectedTensor[] {
  const { hiddenSize: width, intermediateSize: inner } = config;
  return [
    ...module('transformer.wte', [config.vocabSize, width], false),
    ...module('transformer.wpe', [config.maxPositionEmbeddings, width], false),
    ...eachLayer(config, (i) => {
      const layer = `transformer.h.${i}`;
      return [
        ...module(`${layer}.ln_1`, [width], width),
        ...module(`${layer}.attn.c_attn`, [width, 3 * width], 3 * width),
        ...module(`${layer}.attn.c_proj`, [width, width], width),
        ...module(`${layer}.ln_2`, [width], width),
        ...module(`${layer}.mlp.c_fc`, [width, inner], inner),
        ...module(`${layer}.mlp.c_proj`, [inner, width], width),
      ];
    }),
    ...module('transformer.ln_f', [width], width),
    ...head(config),
  ];
}

function optTensors(config: ModelShape): ExpectedTensor[] {
  const { hiddenSize: width, intermediateSize: inner } = config;
  const linear = (name: string, out: number, input: number, bias: boolean) =>
    module(name, [out, input], bias && out);
  return [
    ...module('model.decoder.embed_tokens', [config.vocabSize, width], false),
    ...module(
      'model.decoder.embed_positions',
      [config.maxPositionEmbeddings + OPT_POSITION_OFFSET, width],
      false,
    ),
    // OPT-350M, which normalizes after each block, has no norm at the end
    ...(config.doLayerNormBefore ? module('model.decoder.final_layer_norm', [width], width) : []),
    ...eachLayer(config, (i) => {
      const layer = `model.decoder.layers.${i}`;
      return [
        ...linear(`${layer}.self_attn.k_proj`, width, width, config.attentionBias),
        ...linear(`${layer}.self_attn.v_proj`, width, width, config.attentionBias),
        ...linear(`${layer}.self_attn.q_proj`, width, width, config.attentionBias),
        ...linear(`${layer}.self_attn.out_proj`, width, width, config.attentionOutBias),
        ...module(`${layer}.self_attn_layer_norm`, [width], width),
        ...linear(`${layer}.fc1`, inner, width, config.mlpBias),
        ...linear(`${layer}.fc2`, width, inner, config.mlpBias),
        ...module(`${layer}.final_layer_norm`, [width], width),
      ];
    }),
    ...head(config),
  ];
}
