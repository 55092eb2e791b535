import type { Dim, Graph, Value } from '@open-chatgpt/autodiff';
import type { ModelConfig } from '../config/model-config';

/**
 * What a model family's graph is built on. Training and decoding differ only in how they attend and where a weight
 * comes from, so each brings its own context and the families are written once.
 * N is the number of tokens, B · T.
 */
export interface ModelContext {
  readonly graph: Graph;
  readonly config: ModelConfig;
  /** Number of rows of the activations [N, D]. */
  readonly tokens: Dim;
  /** Position of each token in its document: [N] int64, for learned position tables. */
  readonly positions: Value;

  /** A weight by its Hugging Face name. */
  parameter(name: string): Value;

  /**
   * The linear module of this name on x [N, in] → [N, out], with its bias and its LoRA adapter if it has them.
   * @param inputMajor the weight is stored as [in, out] (GPT-2's Conv1D) instead of [out, in]
   */
  linear(x: Value, module: string, inputMajor?: boolean): Value;

  /**
   * Causal self-attention of one layer: q [N, H·headDim], k and v [N, Hk·headDim] → [N, H·headDim].
   * Rotates q and k by their positions first in families with rotary embeddings.
   */
  attention(q: Value, k: Value, v: Value, layer: number): Value;
}
