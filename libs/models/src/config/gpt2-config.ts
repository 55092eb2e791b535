import { z } from 'zod';
import { ModelFileError } from '../weights/model-file-error';
import type { ModelConfig } from './model-config';
import { activation, count, only, optionalCount, parseFields, positive, tokenId, tokenIds } from './schema';

const gpt2 = z.object({
  vocab_size: count,
  n_embd: count,
  n_layer: count,
  n_head: count,
  n_positions: count.optional(),
  n_ctx: count.optional(),
  n_inner: optionalCount,
  layer_norm_epsilon: positive.default(1e-5),
  activation_function: activation.default('gelu_new'),
  tie_word_embeddings: z.boolean().default(true),
  bos_token_id: tokenId.default(50256),
  eos_token_id: tokenIds.default([50256]),
  pad_token_id: tokenId.default(null),
  scale_attn_weights: only(true, 'attention is scaled by 1/√head_dim'),
  scale_attn_by_inverse_layer_idx: only(false, 'attention is scaled by 1/√head_dim alone'),
  add_cross_attention: only(false, 'a decoder without an encoder'),
});

/** GPT-2: LayerNorm before each block, learned positions, one fused projection for query, key and value. */
export function parseGpt2Config(source: Record<string, unknown>, where: string): ModelConfig {
  const fields = parseFields(gpt2, source, where);
  if (fields.n_embd % fields.n_head !== 0)
    throw new ModelFileError(
      where,
      `field "n_head": ${fields.n_head} does not divide n_embd = ${fields.n_embd}`,
    );
  return {
    family: 'gpt2',
    vocabSize: fields.vocab_size,
    hiddenSize: fields.n_embd,
    intermediateSize: fields.n_inner ?? 4 * fields.n_embd,
    numHiddenLayers: fields.n_layer,
    numAttentionHeads: fields.n_head,
    numKeyValueHeads: fields.n_head,
    headDim: fields.n_embd / fields.n_head,
    maxPositionEmbeddings: fields.n_positions ?? fields.n_ctx ?? 1024,
    normEps: fields.layer_norm_epsilon,
    ropeTheta: 10000,
    ropeScaling: null,
    tieWordEmbeddings: fields.tie_word_embeddings,
    attentionBias: true,
    attentionOutBias: true,
    mlpBias: true,
    hiddenAct: fields.activation_function,
    slidingWindow: null,
    bosTokenId: fields.bos_token_id,
    eosTokenIds: fields.eos_token_id,
    padTokenId: fields.pad_token_id,
    doLayerNormBefore: true,
    source,
  };
}
