import {
  cast,
  clamp,
  exp,
  expand,
  greater,
  maximum,
  minimum,
  mul,
  neg,
  reshape,
  scale,
  stopGradient,
  sub,
  sum,
  tokenLogProbs,
  type Value,
  where,
} from '@open-chatgpt/autodiff';
import { logitsChunkRows, type Objective, type ObjectiveContext } from '@open-chatgpt/models';
import type { PpoConfig } from '@open-chatgpt/pipeline';

interface ClipOptions extends Partial<Pick<PpoConfig, 'cliprangeHigh' | 'dualClip' | 'lossType'>> {
  cliprange: number;
}

export interface PolicyObjectiveOptions
  extends ClipOptions,
    Partial<Pick<PpoConfig, 'importanceSamplingLevel'>> {
  entropyCoef: number;
  /** The one that the responses were sampled with. */
  temperature: number;
}

/**
 * The loss of the policy Σ lossShare·ℓ − c·Σ share·H, with ρ = exp(log π − log π_old), or of a whole response the exponential of
 * the mean difference of its tokens (GSPO: Zheng et al. 2025, https://arxiv.org/abs/2507.18071, eq. 7). `surrogate` gives ℓ.
 *
 * Inputs over all N positions: `labels` int64, and [N, 1] `oldLogProbs`, `advantages`, `shares` (mask / number of
 * response tokens of the whole minibatch); `lossShares` where `lossType` weighs tokens in another way; `rowShares` (mask / tokens of
 * the response) for the ratio of a response. Scalar outputs, with `shares`: `policyLoss` (with `lossShares`), `entropy` (when its
 * coefficient is not 0), `clipFraction`, and `ratioKl`, the k2 estimate of KL(old‖new).
 */
export function policyObjective(options: PolicyObjectiveOptions): Objective {
  const { entropyCoef, temperature, importanceSamplingLevel = 'token' } = options;
  return (on) => {
    const { context, hidden, outputEmbedding } = on;
    const { graph, tokens, config } = context;
    const labels = graph.input('labels', 'int64', [tokens]);
    const column = (name: string) => graph.input(name, 'float32', [tokens, 1]);
    const [oldLogProbs, advantages, shares] = ['oldLogProbs', 'advantages', 'shares'].map(column);
    const { logProbs, entropy } = tokenLogProbs(hidden, outputEmbedding(), labels, {
      temperature,
      entropy: entropyCoef > 0,
      chunkRows: logitsChunkRows(config.vocabSize),
    });
    // Positions outside the responses have label 0 and oldLogProbs 0: their share is 0, and the difference is bounded.
    const difference = mul(sub(logProbs, oldLogProbs), cast(greater(shares, graph.scalar(0)), 'float32'));
    const ratio = exp(
      importanceSamplingLevel === 'token' ? difference : rowSums(mul(difference, column('rowShares')), on),
    );
    const { loss, clipped } = surrogate({ ratio, logProbs, advantages }, options);
    const mean = (value: Value) => sum(mul(value, shares));
    const policyLoss = hasLossShares(options) ? sum(mul(loss, column('lossShares'))) : mean(loss);
    graph.output('policyLoss', policyLoss);
    graph.output('clipFraction', mean(cast(clipped, 'float32')));
    graph.output('ratioKl', scale(mean(mul(difference, difference)), 0.5));
    if (!entropy) return policyLoss;
    const meanEntropy = mean(entropy);
    graph.output('entropy', meanEntropy);
    return sub(policyLoss, scale(meanEntropy, entropyCoef));
  };
}

/** Whether the weight of a token in the loss is another than in the mean over all tokens of the minibatch. */
export const hasLossShares = ({ lossType }: Pick<ClipOptions, 'lossType'>): boolean =>
  lossType === 'grpo' || lossType === 'dr_grpo';

interface SurrogateTerms {
  ratio: Value;
  logProbs: Value;
  advantages: Value;
}

/**
 * The loss of each token, and whether the clip decides it.
 *
 * - PPO: max(−A ρ, −A clip(ρ, 1 − ε, 1 + ε)) (Schulman et al. 2017, https://arxiv.org/abs/1707.06347, eq. 7), with another ε above 1
 *   (clip-higher: Yu et al. 2025, https://arxiv.org/abs/2503.14476, eq. 10).
 * - Dual clip: where A < 0 no more than −A·c (Ye et al. 2019, https://arxiv.org/abs/1912.09729, eq. 5).
 * - CISPO: −A·min(ρ, 1 + ε)·log π, without a gradient through the ratio (MiniMax 2025, https://arxiv.org/abs/2506.13585, eq. 4).
 */
function surrogate(
  { ratio, logProbs, advantages }: SurrogateTerms,
  { cliprange, cliprangeHigh, dualClip, lossType }: ClipOptions,
): { loss: Value; clipped: Value } {
  const { graph } = ratio;
  const negative = neg(advantages);
  const highest = graph.scalar(1 + (cliprangeHigh ?? cliprange));
  if (lossType === 'cispo') {
    const weight = stopGradient(minimum(ratio, highest));
    return { loss: mul(mul(negative, weight), logProbs), clipped: greater(ratio, highest) };
  }
  const free = mul(negative, ratio);
  const bound = mul(negative, clamp(ratio, graph.scalar(1 - cliprange), highest));
  const loss = maximum(free, bound);
  const clipped = greater(bound, free);
  if (typeof dualClip !== 'number') return { loss, clipped };
  const bounded = minimum(loss, scale(negative, dualClip));
  return { loss: where(greater(negative, graph.scalar(0)), bounded, loss), clipped };
}

/** The sum over each row, at each of its positions: [N, 1]. */
function rowSums(values: Value, { batch, length }: ObjectiveContext): Value {
  const sums = sum(reshape(values, [batch, length]), [1], true);
  return reshape(expand(sums, [batch, length]), values.shape);
}
