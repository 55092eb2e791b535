import {
  add,
  div,
  logSigmoid,
  mul,
  neg,
  relu,
  reshape,
  scale,
  slice,
  sub,
  sum,
  tokenLogProbs,
  type Value,
} from '@open-chatgpt/autodiff';
import { logitsChunkRows, type Objective, type ObjectiveContext } from '@open-chatgpt/models';
import type { StageSettings } from '@open-chatgpt/pipeline';

export type DpoLossOptions = Pick<StageSettings<'dpo'>, 'beta' | 'lossType' | 'labelSmoothing'>;

/**
 * The preference loss on pairs. Rows 0 … P−1 of the batch are the chosen responses, P … 2P−1 the rejected ones.
 *
 * Inputs: `labels` [N] int64 and `responseMask` [N, 1], 1 where the predicted token belongs to the response;
 * `refLogProbs` [2P, 1], the log-probabilities of the responses under the reference; `weights` [P, 1], the probability
 * that the chosen response is the better one; `shares` [P, 1], 1 / number of pairs.
 * Output: `logProbs` [2P, 1], each response's log-probability, summed over its tokens.
 */
export function dpoObjective(options: DpoLossOptions): Objective {
  return (on) => {
    const column = (name: string, rows: number) => on.context.graph.input(name, 'float32', [rows, 1]);
    const { logProbs, lengths } = responseLogProbs(on);
    const ratios = sub(logProbs, column('refLogProbs', on.batch));
    const [weights, shares] = ['weights', 'shares'].map((name) => column(name, on.batch / 2));
    return preferenceLoss({ ratios, lengths, weights, shares }, options);
  };
}

/**
 * The log-probability of each row's response, summed over its tokens, and its number of tokens: both [B, 1]. Adds the
 * inputs `labels` and `responseMask` and the output `logProbs`.
 */
export function responseLogProbs(on: ObjectiveContext): { logProbs: Value; lengths: Value } {
  const { graph, tokens, config } = on.context;
  const labels = graph.input('labels', 'int64', [tokens]);
  const mask = graph.input('responseMask', 'float32', [tokens, 1]);
  const chunkRows = logitsChunkRows(config.vocabSize);
  const perToken = tokenLogProbs(on.hidden, on.outputEmbedding(), labels, { chunkRows }).logProbs;
  const sumRows = (values: Value) => sum(reshape(values, [on.batch, on.length]), [1], true);
  const logProbs = sumRows(mul(perToken, mask));
  graph.output('logProbs', logProbs);
  return { logProbs, lengths: sumRows(mask) };
}

export interface PairTerms {
  /** [2P, 1]: log π(response) − log π_ref(response). */
  ratios: Value;
  /** [2P, 1]: tokens of each response. */
  lengths: Value;
  /** [P, 1] */
  weights: Value;
  /** [P, 1] */
  shares: Value;
}

/**
 * Σ share·[w ℓ(δ) + (1 − w) ℓ(−δ)], where δ is the log-ratio of the chosen response minus that of the rejected one:
 *
 * - sigmoid: ℓ(δ) = −log σ(βδ) (Rafailov et al. 2023, https://arxiv.org/abs/2305.18290, eq. 7). Label smoothing ε
 *   assumes that a label is wrong with probability ε and so makes w(1 − ε) + (1 − w)ε of w ("conservative DPO",
 *   Mitchell 2023, https://ericmitchell.ai/cdpo.pdf).
 * - hinge: ℓ(δ) = max(0, 1 − βδ) (SLiC, Zhao et al. 2023, https://arxiv.org/abs/2305.10425).
 * - ipo: ℓ(δ) = (δ − 1/(2β))² (Azar et al. 2023, https://arxiv.org/abs/2310.12036, eq. 17), with log-ratios per token, as
 *   TRL computes it on the advice of the authors.
 *
 * @returns a scalar
 */
export function preferenceLoss(
  { ratios, lengths, weights, shares }: PairTerms,
  { beta, lossType, labelSmoothing }: DpoLossOptions,
): Value {
  const { graph } = ratios;
  const scores = lossType === 'ipo' ? div(ratios, lengths) : ratios;
  const pairs = Number(weights.shape[0]);
  const delta = sub(slice(scores, 0, 0, pairs), slice(scores, 0, pairs, 2 * pairs));
  const loss = (difference: Value): Value => {
    if (lossType === 'sigmoid') return neg(logSigmoid(scale(difference, beta)));
    if (lossType === 'hinge') return relu(sub(graph.scalar(1), scale(difference, beta)));
    const error = sub(difference, graph.scalar(1 / (2 * beta)));
    return mul(error, error);
  };
  const right =
    labelSmoothing > 0 ? add(scale(weights, 1 - 2 * labelSmoothing), graph.scalar(labelSmoothing)) : weights;
  const perPair = add(mul(right, loss(delta)), mul(sub(graph.scalar(1), right), loss(neg(delta))));
  return sum(mul(perPair, shares));
}
