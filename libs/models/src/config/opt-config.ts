import { z } from 'zod';
import { ModelFileError } from '../weights/model-file-error';
import type { ModelConfig } from './model-config';
import { activation, count, only, parseFields, tokenId, tokenIds } from './schema';

const opt = z.object({
  vocab_size: count,
  hidden_size: count,
  ffn_dim: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  max_position_embeddings: count.default(2048),
  word_embed_proj_dim: count.nullish(),
  activation_function: activation.default('relu'),
  do_layer_norm_before: z.boolean().default(true),
  enable_bias: z.boolean().default(true),
  tie_word_embeddings: z.boolean().default(true),
  bos_token_id: tokenId.default(2),
  eos_token_id: tokenIds.default([2]),
  pad_token_id: tokenId.default(1),
  layer_norm_elementwise_affine: only(true, 'LayerNorm has a weight and a bias'),
  _remove_final_layer_norm: only(false, 'LayerNorm follows the last block'),
});

/** OPT: like GPT-2 with separate projections. Learned positions start at row 2 of their table. */
export function parseOptConfig(source: Record<string, unknown>, where: string): ModelConfig {
  const fields = parseFields(opt, source, where);
  const width = fields.hidden_size;
  if ((fields.word_embed_proj_dim ?? width) !== width)
    throw new ModelFileError(
      where,
      `field "word_embed_proj_dim": ${fields.word_embed_proj_dim} differs from hidden_size = ${width}; ` +
        'embeddings of another width (opt-350m) are not supported; use another OPT size',
    );
  if (width % fields.num_attention_heads !== 0)
    throw new ModelFileError(
      where,
      `field "num_attention_heads": ${fields.num_attention_heads} does not divide hidden_size = ${width}`,
    );
  return {
    family: 'opt',
    vocabSize: fields.vocab_size,
    hiddenSize: width,
    intermediateSize: fields.ffn_dim,
    numHiddenLayers: fields.num_hidden_layers,
    numAttentionHeads: fields.num_attention_heads,
    numKeyValueHeads: fields.num_attention_heads,
    headDim: width / fields.num_attention_heads,
    maxPositionEmbeddings: fields.max_position_embeddings,
    normEps: 1e-5,
    ropeTheta: 10000,
    ropeScaling: null,
    tieWordEmbeddings: fields.tie_word_embeddings,
    attentionBias: fields.enable_bias,
    attentionOutBias: fields.enable_bias,
    mlpBias: fields.enable_bias,
    hiddenAct: fields.activation_function,
    slidingWindow: null,
    bosTokenId: fields.bos_token_id,
    eosTokenIds: fields.eos_token_id,
    padTokenId: fields.pad_token_id,
    doLayerNormBefore: fields.do_layer_norm_before,
    source,
  };
}
