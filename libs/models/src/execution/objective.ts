import type { Value } from '@open-chatgpt/autodiff';
import type { ModelContext } from '../graph/model-context';

/** What a loss is built on: the hidden states after the last norm, and the table that makes logits of them. */
export interface ObjectiveContext {
  context: ModelContext;
  /** B and T of the batch; N = B · T. */
  batch: number;
  length: number;
  /** [N, D] */
  hidden: Value;
  /** The output embedding, [V, D]. */
  outputEmbedding(): Value;
}

/**
 * Builds a scalar loss on top of a model. It may add inputs to `context.graph` (labels, advantages …) and outputs
 * (metrics) to be read after each run.
 */
export type Objective = (on: ObjectiveContext) => Value;
