import { z } from 'zod';
import { ModelFileError } from '../weights/model-file-error';
import type { ModelConfig } from './model-config';
import { parseRopeFields, ropeFieldsOf } from './rope-scaling';
import { activation, count, only, optionalCount, parseFields, positive, tokenId, tokenIds } from './schema';

type DecoderFamily = 'llama' | 'mistral' | 'qwen2' | 'qwen3';

/** The defaults of transformers for fields that config.json omits. They differ between the families. */
const DEFAULTS: Record<DecoderFamily, { maxPositions: number; bos: number | null; eos: number[] }> = {
  llama: { maxPositions: 2048, bos: 1, eos: [2] },
  mistral: { maxPositions: 131072, bos: 1, eos: [2] },
  qwen2: { maxPositions: 32768, bos: null, eos: [] },
  qwen3: { maxPositions: 32768, bos: null, eos: [] },
};

const MISTRAL_SLIDING_WINDOW = 4096;
const QWEN3_HEAD_DIM = 128;

const decoder = z.object({
  vocab_size: count,
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  num_key_value_heads: optionalCount,
  head_dim: optionalCount,
  max_position_embeddings: optionalCount,
  rms_norm_eps: positive.default(1e-6),
  hidden_act: activation.default('silu'),
  tie_word_embeddings: z.boolean().default(false),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  rope_theta: positive.nullish(),
  partial_rotary_factor: only(1, 'every dimension of a head is rotated'),
  sliding_window: count.nullish(),
  use_sliding_window: z.boolean().default(false),
  max_window_layers: z.int().min(0).nullish(),
  layer_types: z.array(z.string()).nullish(),
  bos_token_id: tokenId.optional(),
  eos_token_id: tokenIds.optional(),
  pad_token_id: tokenId.optional(),
});
type Fields = z.output<typeof decoder>;

/** LLaMA and related families: RMSNorm, RoPE, grouped queries, gated MLP. */
export function parseDecoderConfig(
  family: DecoderFamily,
  source: Record<string, unknown>,
  where: string,
): ModelConfig {
  const fields = parseFields(decoder, source, where);
  const defaults = DEFAULTS[family];
  const maxPositions = fields.max_position_embeddings ?? defaults.maxPositions;
  const rope = parseRopeFields(ropeFieldsOf(source), maxPositions, where);
  const qwen2 = family === 'qwen2';
  return {
    family,
    vocabSize: fields.vocab_size,
    hiddenSize: fields.hidden_size,
    intermediateSize: fields.intermediate_size,
    numHiddenLayers: fields.num_hidden_layers,
    numAttentionHeads: fields.num_attention_heads,
    numKeyValueHeads: keyValueHeads(fields, where),
    headDim: headDim(family, fields, where),
    maxPositionEmbeddings: maxPositions,
    normEps: fields.rms_norm_eps,
    ropeTheta: rope.theta ?? fields.rope_theta ?? 10000,
    ropeScaling: rope.scaling,
    tieWordEmbeddings: fields.tie_word_embeddings,
    attentionBias: qwen2 || (family !== 'mistral' && fields.attention_bias),
    attentionOutBias: (family === 'llama' || family === 'qwen3') && fields.attention_bias,
    mlpBias: family === 'llama' && fields.mlp_bias,
    hiddenAct: fields.hidden_act,
    slidingWindow: slidingWindow(family, fields, where),
    bosTokenId: fields.bos_token_id === undefined ? defaults.bos : fields.bos_token_id,
    eosTokenIds: fields.eos_token_id ?? defaults.eos,
    padTokenId: fields.pad_token_id ?? null,
    doLayerNormBefore: true,
    source,
  };
}

function keyValueHeads(fields: Fields, where: string): number {
  const heads = fields.num_key_value_heads ?? fields.num_attention_heads;
  if (fields.num_attention_heads % heads !== 0)
    throw new ModelFileError(
      where,
      `field "num_key_value_heads": ${heads} does not divide num_attention_heads = ${fields.num_attention_heads}`,
    );
  return heads;
}

function headDim(family: DecoderFamily, fields: Fields, where: string): number {
  const dim =
    fields.head_dim ??
    (family === 'qwen3' ? QWEN3_HEAD_DIM : fields.hidden_size / fields.num_attention_heads);
  if (!Number.isInteger(dim) || dim % 2 !== 0)
    throw new ModelFileError(
      where,
      `field "head_dim": a head of ${dim} dimensions cannot be rotated in pairs; expected an even whole number ` +
        `(hidden_size ${fields.hidden_size} / num_attention_heads ${fields.num_attention_heads})`,
    );
  return dim;
}

function slidingWindow(family: DecoderFamily, fields: Fields, where: string): number | null {
  if (family === 'mistral')
    return fields.sliding_window === undefined ? MISTRAL_SLIDING_WINDOW : fields.sliding_window;
  if (family === 'llama' || !fields.use_sliding_window || !fields.sliding_window) return null;
  const layers = fields.num_hidden_layers;
  const full = fields.layer_types
    ? fields.layer_types.filter((type) => type === 'full_attention').length
    : Math.min(fields.max_window_layers ?? layers, layers);
  if (full === layers) return null;
  if (full === 0) return fields.sliding_window;
  throw new ModelFileError(
    where,
    `field "max_window_layers": ${full} of ${layers} layers attend to all tokens and the others to a window; ` +
      'only one window for all layers, or none (use_sliding_window: false), is supported',
  );
}
