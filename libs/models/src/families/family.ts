import type { Value } from '@open-chatgpt/autodiff';
import type { ModelConfig } from '../config/model-config';
import type { ModelContext } from '../graph/model-context';

/** The graph of one model architecture in parts, for graphs of the whole model and of single blocks. */
export interface Family {
  /** Whether positions rotate queries and keys (RoPE). */
  readonly rotary: boolean;
  /** Token (and position) embeddings: ids [N] int64 → [N, D]. */
  embed(context: ModelContext, ids: Value): Value;
  /** One transformer block: [N, D] → [N, D]. */
  block(context: ModelContext, x: Value, layer: number): Value;
  /** The layers between the last block and the output embedding: [N, D] → [N, D]. */
  finish(context: ModelContext, x: Value): Value;
  /** Prefix of a layer's parameter names. */
  layerPrefix(layer: number): string;
  /** Names of the parameters that `embed` reads. */
  embeddingNames(config: ModelConfig): string[];
  /** Name of the table [V, D] that converts hidden states to logits. */
  outputEmbedding(config: ModelConfig): string;
}
