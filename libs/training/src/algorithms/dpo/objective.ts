import {
  add,
  div,
  exp,
  log,
  logSigmoid,
  maximum,
  mul,
  neg,
  relu,
  scale,
  slice,
  sub,
  sum,
  type Value,
} from '@open-chatgpt/autodiff';
import type { Objective } from '@open-chatgpt/models';
import { likelihoodCoef, PREFERENCE_LOSSES, type StageSettings } from '@open-chatgpt/pipeline';
import { responseLogProbs } from '../responses/log-probs';

export type DpoLossOptions = Pick<
  StageSettings<'dpo'>,
  'beta' | 'lossType' | 'labelSmoothing' | 'rpoAlpha' | 'simpoGamma'
>;

/**
 * The preference loss on pairs. Rows 0 … P−1 of the batch are the chosen responses, P … 2P−1 the rejected ones.
 *
 * Inputs: `labels` [N] int64 and `responseMask` [N, 1], 1 where the predicted token belongs to the response;
 * `refLogProbs` [2P, 1], the log-probabilities of the responses under the reference, 0 without one; `weights` [P, 1], the probability
 * that the chosen response is the better one; `shares` [P, 1], 1 / number of pairs.
 * Output: `logProbs` [2P, 1], each response's log-probability, summed over its tokens.
 */
export function dpoObjective(options: DpoLossOptions): Objective {
  return (on) => {
    const column = (name: string, rows: number) => on.context.graph.input(name, 'float32', [rows, 1]);
    const { logProbs, lengths } = responseLogProbs(on);
    const ratios = sub(logProbs, column('refLogProbs', on.batch));
    const [weights, shares] = ['weights', 'shares'].map((name) => column(name, on.batch / 2));
    return preferenceLoss({ logProbs, ratios, lengths, weights, shares }, options);
  };
}

export interface PairTerms {
  /** [2P, 1]: log π(response). */
  logProbs: Value;
  /** [2P, 1]: log π(response) − log π_ref(response). */
  ratios: Value;
  /** [2P, 1]: tokens of each response. */
  lengths: Value;
  /** [P, 1] */
  weights: Value;
  /** [P, 1] */
  shares: Value;
}

/** A loss of pairs whose first response is the better one; both are scores of responses, [P, 1], as is the result. */
type PairLoss = (first: Value, second: Value, options: DpoLossOptions) => Value;

const one = (value: Value): Value => value.graph.scalar(1);
const sigmoid = (value: Value): Value => exp(logSigmoid(value));

/** −log σ(β(a − b)) (Rafailov et al. 2023, https://arxiv.org/abs/2305.18290, eq. 7). */
const logistic: PairLoss = (first, second, { beta }) => neg(logSigmoid(scale(sub(first, second), beta)));

/** log(p / (1 − p)) of a mean probability p of tokens, bounded where p rounds to 1. */
function logOdds(meanLogProb: Value): Value {
  const rest = sub(one(meanLogProb), exp(meanLogProb));
  return sub(meanLogProb, log(maximum(rest, meanLogProb.graph.scalar(1e-7))));
}

/** The formulas of `PREFERENCE_LOSSES`. */
const LOSSES: Record<DpoLossOptions['lossType'], PairLoss> = {
  sigmoid: logistic,
  sigmoid_norm: logistic,
  robust: logistic,
  cpo: logistic,
  /** max(0, 1 − β(a − b)) (SLiC, Zhao et al. 2023, https://arxiv.org/abs/2305.10425). */
  hinge: (first, second, { beta }) => relu(sub(one(first), scale(sub(first, second), beta))),
  /** (a − b − 1/(2β))² (Azar et al. 2023, https://arxiv.org/abs/2310.12036, eq. 17), per token on the advice of the authors. */
  ipo: (first, second, { beta }) => {
    const error = sub(sub(first, second), first.graph.scalar(1 / (2 * beta)));
    return mul(error, error);
  },
  /** −log σ(β(a − b) − γ) (Meng et al. 2024, https://arxiv.org/abs/2405.14734, eq. 6). */
  simpo: (first, second, { beta, simpoGamma }) =>
    neg(logSigmoid(sub(scale(sub(first, second), beta), first.graph.scalar(simpoGamma)))),
  /** −β log σ(log odds(a) − log odds(b)) (Hong et al. 2024, https://arxiv.org/abs/2403.07691, eq. 6 and 7, with β for λ). */
  orpo: (first, second, { beta }) => neg(scale(logSigmoid(sub(logOdds(first), logOdds(second))), beta)),
  /** 1 − σ(βa) + σ(βb) (D'Oosterlinck et al. 2024, https://arxiv.org/abs/2408.06266, APO-zero). */
  apo_zero: (first, second, { beta }) =>
    add(sub(one(first), sigmoid(scale(first, beta))), sigmoid(scale(second, beta))),
  /** σ(βa) + 1 − σ(β(a − b)) (the same, APO-down). */
  apo_down: (first, second, { beta }) =>
    add(sigmoid(scale(first, beta)), sub(one(first), sigmoid(scale(sub(first, second), beta)))),
};

/**
 * Σ share·[w ℓ(a, b) + (1 − w) ℓ(b, a)], where a and b are the scores of the chosen and the rejected response: their
 * log-ratios, or log-probabilities without a reference, divided by their lengths where the loss is per token.
 *
 * Label smoothing ε assumes that a label is wrong with probability ε and so makes w(1 − ε) + (1 − w)ε of w ("conservative
 * DPO", Mitchell 2023, https://ericmitchell.ai/cdpo.pdf). `robust` removes the bias of such labels: (w − ε) / (1 − 2ε)
 * (Chowdhury et al. 2024, https://arxiv.org/abs/2403.00409).
 *
 * `rpoAlpha` adds the negative log-likelihood per token of the better response (Pang et al. 2024,
 * https://arxiv.org/abs/2404.19733). It is a mean over responses; TRL's is a mean over the tokens of a batch.
 * @returns a scalar
 */
export function preferenceLoss(
  { logProbs, ratios, lengths, weights, shares }: PairTerms,
  options: DpoLossOptions,
): Value {
  const { lossType, labelSmoothing } = options;
  const pairs = Number(weights.shape[0]);
  const sides = (values: Value) => [0, pairs].map((start) => slice(values, 0, start, start + pairs));
  const [chosen, rejected] = sides(PREFERENCE_LOSSES[lossType].perToken ? div(ratios, lengths) : ratios);
  const inBothOrders = (right: Value, [first, second]: readonly Value[]) =>
    add(mul(right, first), mul(sub(one(right), right), second));
  const loss = LOSSES[lossType];
  const ordered = inBothOrders(likelyOrder(weights, lossType, labelSmoothing), [
    loss(chosen, rejected, options),
    loss(rejected, chosen, options),
  ]);
  const alpha = likelihoodCoef(options);
  if (alpha === 0) return sum(mul(ordered, shares));
  const likelihood = inBothOrders(weights, sides(div(logProbs, lengths)));
  return sum(mul(sub(ordered, scale(likelihood, alpha)), shares));
}

/** [P, 1]: the weight of the given order of each pair. */
function likelyOrder(weights: Value, lossType: DpoLossOptions['lossType'], smoothing: number): Value {
  if (smoothing === 0) return weights;
  const { graph } = weights;
  if (lossType !== 'robust') return add(scale(weights, 1 - 2 * smoothing), graph.scalar(smoothing));
  return scale(sub(weights, graph.scalar(smoothing)), 1 / (1 - 2 * smoothing));
}
