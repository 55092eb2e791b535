import { add, exp, logSigmoid, mul, scale, sub, sum, type Value } from '@open-chatgpt/autodiff';
import type { Objective } from '@open-chatgpt/models';
import { responseLogProbs } from '../responses/log-probs';

export interface KtoLossOptions {
  /** Price of moving away from the reference. */
  beta: number;
  /** Weight of the answers with a good label. */
  desirableWeight: number;
  /** Weight of the others. */
  undesirableWeight: number;
}

/**
 * The loss of single responses, each with a label (KTO, Ethayarajh et al. 2024, https://arxiv.org/abs/2402.01306, eq. 8).
 *
 * Inputs: `labels` [N] int64 and `responseMask` [N, 1], 1 where the predicted token belongs to the response; `refLogProbs` [B, 1],
 * the log-probabilities of the responses under the reference; `desirable` [B, 1], 1 for a good label, 0 for a bad one; `shares` [B, 1],
 * 1 / number of responses; `baseline` [1, 1], that of `klBaseline`, or 0 for the loss apo_zero_unpaired.
 * Output: `logProbs` [B, 1], each response's log-probability, summed over its tokens.
 */
export function ktoObjective(options: KtoLossOptions): Objective {
  return (on) => {
    const input = (name: string, rows: number) => on.context.graph.input(name, 'float32', [rows, 1]);
    const { logProbs } = responseLogProbs(on);
    const column = (name: string) => input(name, on.batch);
    return ktoLoss(
      {
        ratios: sub(logProbs, column('refLogProbs')),
        desirable: column('desirable'),
        shares: column('shares'),
        baseline: input('baseline', 1),
      },
      options,
    );
  };
}

/** The inputs of the graph beside the tokens and `shares`. */
export function ktoInputs(
  rows: readonly { label: boolean }[],
  { refLogProbs, baseline }: { refLogProbs: Float32Array; baseline: number },
): Record<'refLogProbs' | 'desirable' | 'baseline', Float32Array> {
  return {
    refLogProbs,
    desirable: Float32Array.from(rows, ({ label }) => Number(label)),
    baseline: Float32Array.of(baseline),
  };
}

export interface KtoTerms {
  /** [B, 1]: log π(response) − log π_ref(response). */
  ratios: Value;
  /** [B, 1] */
  desirable: Value;
  /** [B, 1] */
  shares: Value;
  /** [1, 1]: z₀ of the paper. An input of the graph: no gradient flows through it. */
  baseline: Value;
}

/**
 * Σ share·λ(1 − σ(±β(r − z₀))), with + and λ = desirableWeight for a good label, − and undesirableWeight for a bad one.
 *
 * With z₀ = 0 this is APO-zero on single responses (D'Oosterlinck et al. 2024, https://arxiv.org/abs/2408.06266; TRL's
 * apo_zero_unpaired).
 * @returns a scalar
 */
export function ktoLoss(
  { ratios, desirable, shares, baseline }: KtoTerms,
  { beta, desirableWeight, undesirableWeight }: KtoLossOptions,
): Value {
  const { graph } = ratios;
  const signs = sub(scale(desirable, 2), graph.scalar(1));
  const weights = add(scale(desirable, desirableWeight - undesirableWeight), graph.scalar(undesirableWeight));
  // 1 − σ(x) = σ(−x).
  const loss = exp(logSigmoid(scale(mul(signs, sub(ratios, baseline)), -beta)));
  return sum(mul(mul(weights, loss), shares));
}
