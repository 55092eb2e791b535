import {
  cast,
  clamp,
  exp,
  greater,
  maximum,
  mul,
  neg,
  scale,
  sub,
  sum,
  tokenLogProbs,
  type Value,
} from '@open-chatgpt/autodiff';
import { logitsChunkRows, type Objective } from '@open-chatgpt/models';

export interface PolicyObjectiveOptions {
  cliprange: number;
  entropyCoef: number;
  /** The one that the responses were sampled with. */
  temperature: number;
}

/**
 * PPO's clipped surrogate Σ share·max(−A ρ, −A clip(ρ, 1 ± ε)) − c·Σ share·H, with ρ = exp(log π − log π_old)
 * (Schulman et al. 2017, https://arxiv.org/abs/1707.06347, eq. 7).
 *
 * Inputs over all N positions: `labels` int64, and [N, 1] `oldLogProbs`, `advantages`, `shares` (mask / number of
 * response tokens of the whole minibatch). Scalar outputs: `policyLoss`, `entropy` (when its coefficient is not 0),
 * `clipFraction`, and `ratioKl`, the k2 estimate of KL(old‖new).
 */
export function policyObjective({ cliprange, entropyCoef, temperature }: PolicyObjectiveOptions): Objective {
  return ({ context, hidden, outputEmbedding }) => {
    const { graph, tokens, config } = context;
    const labels = graph.input('labels', 'int64', [tokens]);
    const [oldLogProbs, advantages, shares] = ['oldLogProbs', 'advantages', 'shares'].map((name) =>
      graph.input(name, 'float32', [tokens, 1]),
    );
    const { logProbs, entropy } = tokenLogProbs(hidden, outputEmbedding(), labels, {
      temperature,
      entropy: entropyCoef > 0,
      chunkRows: logitsChunkRows(config.vocabSize),
    });
    // Positions outside the responses have label 0 and oldLogProbs 0: their share is 0, and the difference is bounded.
    const difference = mul(sub(logProbs, oldLogProbs), cast(greater(shares, graph.scalar(0)), 'float32'));
    const ratio = exp(difference);
    const clipped = clamp(ratio, graph.scalar(1 - cliprange), graph.scalar(1 + cliprange));
    const negative = neg(advantages);
    const free = mul(negative, ratio);
    const bound = mul(negative, clipped);
    const mean = (value: Value) => sum(mul(value, shares));
    const policyLoss = mean(maximum(free, bound));
    graph.output('policyLoss', policyLoss);
    graph.output('clipFraction', mean(cast(greater(bound, free), 'float32')));
    graph.output('ratioKl', scale(mean(mul(difference, difference)), 0.5));
    if (!entropy) return policyLoss;
    const meanEntropy = mean(entropy);
    graph.output('entropy', meanEntropy);
    return sub(policyLoss, scale(meanEntropy, entropyCoef));
  };
}
