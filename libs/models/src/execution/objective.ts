import type { Value } from '@open-chatgpt/autodiff';
import type { ModelContext } from '../graph/model-context';

/** The inputs of a loss: the hidden states after the last norm, and the output embedding. */
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
