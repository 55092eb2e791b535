import { z } from 'zod';
import { ModelFileError } from '../weights/model-file-error';
import type { RopeScaling } from './model-config';
import { count, parseFields, positive } from './schema';

const factor = z.number().min(1, 'a scaling factor is at least 1');

const linear = z.object({ factor });
const llama3 = z
  .object({
    factor,
    low_freq_factor: positive,
    high_freq_factor: positive,
    original_max_position_embeddings: count,
  })
  .refine((fields) => fields.high_freq_factor > fields.low_freq_factor, {
    path: ['high_freq_factor'],
    message: 'must be greater than low_freq_factor',
  });
const yarn = z.object({
  factor: factor.nullish(),
  original_max_position_embeddings: count.nullish(),
  beta_fast: positive.nullish(),
  beta_slow: positive.nullish(),
  attention_factor: positive.nullish(),
  mscale: z.number().nullish(),
  mscale_all_dim: z.number().nullish(),
  truncate: z.boolean().nullish(),
});

const partial = z.object({
  rope_type: z.string().optional(),
  type: z.string().optional(),
  rope_theta: positive.nullish(),
  partial_rotary_factor: z.number().nullish(),
});

/** The rotary part of config.json, in either of its two spellings. */
export interface RopeFields {
  theta: number | null;
  scaling: RopeScaling | null;
}

/**
 * The field that transformers follows: `rope_scaling` where it is not empty, also beside `rope_parameters`
 * (`convert_rope_params_to_dict`).
 */
export function ropeFieldsOf(source: Readonly<Record<string, unknown>>): unknown {
  const { rope_scaling: scaling, rope_parameters: parameters } = source;
  const empty = typeof scaling !== 'object' || scaling === null || Object.keys(scaling).length === 0;
  return empty ? (parameters ?? null) : scaling;
}

/**
 * Reads `rope_scaling` (transformers 4: `type` or `rope_type`) or `rope_parameters` (transformers 5, which
 * also holds `rope_theta`).
 *
 * @throws ModelFileError for a type other than default, linear, dynamic, llama3 and yarn.
 */
export function parseRopeFields(json: unknown, maxPositionEmbeddings: number, where: string): RopeFields {
  if (json === null || json === undefined) return { theta: null, scaling: null };
  const common = parseFields(
    partial.refine((fields) => (fields.partial_rotary_factor ?? 1) === 1, {
      path: ['partial_rotary_factor'],
      message: 'only 1 is supported (every dimension of a head is rotated)',
    }),
    json,
    `${where}: rotary positions ("rope_scaling" or "rope_parameters")`,
  );
  const type = common.rope_type ?? common.type ?? 'default';
  return {
    theta: common.rope_theta ?? null,
    scaling: parseScaling(type, json, maxPositionEmbeddings, where),
  };
}

function parseScaling(type: string, json: unknown, maxPositions: number, where: string): RopeScaling | null {
  switch (type) {
    case 'default':
      return null;
    case 'linear':
    case 'dynamic':
      return { type, factor: parseFields(linear, json, where).factor };
    case 'llama3': {
      const fields = parseFields(llama3, json, where);
      return {
        type,
        factor: fields.factor,
        lowFreqFactor: fields.low_freq_factor,
        highFreqFactor: fields.high_freq_factor,
        originalMaxPositionEmbeddings: fields.original_max_position_embeddings,
      };
    }
    case 'yarn': {
      const fields = parseFields(yarn, json, where);
      const original = fields.original_max_position_embeddings ?? maxPositions;
      return {
        type,
        factor: fields.factor ?? maxPositions / original,
        originalMaxPositionEmbeddings: original,
        betaFast: fields.beta_fast ?? 32,
        betaSlow: fields.beta_slow ?? 1,
        attentionFactor: fields.attention_factor ?? null,
        mscale: fields.mscale ?? null,
        mscaleAllDim: fields.mscale_all_dim ?? null,
        truncate: fields.truncate ?? true,
      };
    }
    default:
      throw new ModelFileError(
        where,
        `RoPE type "${type}" is not supported; supported: default, linear, dynamic, llama3, yarn`,
      );
  }
}

/** The fields of `rope_scaling` in Hugging Face's format. */
export function ropeScalingFields(scaling: RopeScaling): Record<string, unknown> {
  switch (scaling.type) {
    case 'linear':
    case 'dynamic':
      return { rope_type: scaling.type, factor: scaling.factor };
    case 'llama3':
      return {
        rope_type: 'llama3',
        factor: scaling.factor,
        low_freq_factor: scaling.lowFreqFactor,
        high_freq_factor: scaling.highFreqFactor,
        original_max_position_embeddings: scaling.originalMaxPositionEmbeddings,
      };
    case 'yarn':
      return {
        rope_type: 'yarn',
        factor: scaling.factor,
        original_max_position_embeddings: scaling.originalMaxPositionEmbeddings,
        beta_fast: scaling.betaFast,
        beta_slow: scaling.betaSlow,
        ...(scaling.attentionFactor === null ? {} : { attention_factor: scaling.attentionFactor }),
        ...(scaling.mscale === null ? {} : { mscale: scaling.mscale }),
        ...(scaling.mscaleAllDim === null ? {} : { mscale_all_dim: scaling.mscaleAllDim }),
        ...(scaling.truncate ? {} : { truncate: false }),
      };
  }
}
