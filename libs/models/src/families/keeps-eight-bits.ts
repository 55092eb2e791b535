import type { ModelConfig } from '../config/model-config';
import { familyOf } from './family-of';

/** The matrices of a layer whose rounding costs most answers. */
const SENSITIVE = /\.(down_proj|v_proj|fc2|c_attn|mlp\.c_proj)\.weight$/;

/** Whether a model in 4 bits keeps 8 for a matrix: for the embeddings, and where rounding costs most. */
export function keepsEightBits(name: string, config: ModelConfig): boolean {
  return inVocabulary(name, config) || SENSITIVE.test(name);
}

/** Whether a matrix has a row for each token. */
export function inVocabulary(name: string, config: ModelConfig): boolean {
  return name === tokenTable(config) || name === familyOf(config).outputEmbedding(config);
}

/** The name of the token embeddings. */
export function tokenTable(config: ModelConfig): string {
  return familyOf(config).embeddingNames(config)[0];
}
