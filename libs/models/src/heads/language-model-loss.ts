import { mul, neg, sum, tokenLogProbs } from '@open-chatgpt/autodiff';
import { logitsChunkRows } from '@open-chatgpt/sizing';
import type { Objective } from '../execution/objective';

/**
 * Cross-entropy: −Σ weight · log p(label). Inputs `labels` [N] int64 in [0, V) and `lossWeights` [N, 1], which contain
 * the mask and the normalization (1 / number of labels for a mean); see `shiftLabels`.
 */
export const languageModelLoss: Objective = ({ context, hidden, outputEmbedding }) => {
  const labels = context.graph.input('labels', 'int64', [context.tokens]);
  const weights = context.graph.input('lossWeights', 'float32', [context.tokens, 1]);
  const chunkRows = logitsChunkRows(context.config.vocabSize);
  const { logProbs } = tokenLogProbs(hidden, outputEmbedding(), labels, { chunkRows });
  return neg(sum(mul(logProbs, weights)));
};

/** Marks a token without a prediction in the labels of datasets (torch's ignore_index). */
const IGNORE_INDEX = -100;

export interface ShiftedLabels {
  /** [N]: the token after each position; 0 for positions without a prediction. */
  labels: BigInt64Array;
  /** [N]: 1 for positions with a prediction, else 0. */
  mask: Float32Array;
  /** Number of positions with a prediction. */
  count: number;
}

/** Shifts labels of tokens [B, T] to labels of predictions: position t predicts token t + 1. */
export function shiftLabels(labels: ArrayLike<number>, batch: number, length: number): ShiftedLabels {
  const shifted: ShiftedLabels = {
    labels: new BigInt64Array(batch * length),
    mask: new Float32Array(batch * length),
    count: 0,
  };
  for (let row = 0; row < batch; row++) {
    for (let t = 0; t + 1 < length; t++) {
      const at = row * length + t;
      if (labels[at + 1] === IGNORE_INDEX) continue;
      shifted.labels[at] = BigInt(labels[at + 1]);
      shifted.mask[at] = 1;
      shifted.count++;
    }
  }
  return shifted;
}
