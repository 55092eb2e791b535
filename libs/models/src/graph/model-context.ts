import type { Dim, Graph, Value } from '@open-chatgpt/autodiff';
import type { ModelConfig } from '../config/model-config';

/**
 * The interface on which a model family builds its graph. Training and decoding differ only in attention and in the source
 * of weights, so each has its own context, and each family is written once.
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

  /** Rows of the named token embeddings [V, D]: ids [N] int64 → [N, D]. */
  tokenEmbeddings(name: string, ids: Value): Value;

  /**
   * Applies the named linear module: x [N, in] → [N, out], with its bias and LoRA adapter if present.
   * @param inputMajor the weight is stored as [in, out] (GPT-2's Conv1D) instead of [out, in]
   */
  linear(x: Value, module: string, inputMajor?: boolean): Value;

  /**
   * Causal self-attention of one layer: q [N, H·headDim], k and v [N, Hk·headDim] → [N, H·headDim].
   * In families with rotary embeddings, first rotates q and k by their positions.
   */
  attention(q: Value, k: Value, v: Value, layer: number): Value;
}
