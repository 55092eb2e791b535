import { add, logSigmoid, mul, neg, scale, slice, sub, sum } from '@open-chatgpt/autodiff';
import type { Objective } from '@open-chatgpt/models';
import { scoreLastTokens } from './last-token';

/**
 * The pairwise ranking loss −Σ share·[w log σ(d) + (1 − w) log σ(−d)] with d = r(chosen) − r(rejected) − margin
 * (Ouyang et al. 2022, eq. 1; margin: Touvron et al. 2023, https://arxiv.org/abs/2307.09288, eq. 2; w = ½ for a tie), plus
 * centring·(r(chosen) + r(rejected))² (Eisenstein et al. 2023, https://arxiv.org/abs/2312.09244).
 *
 * Rows 0 … P−1 of the batch are the chosen responses, P … 2P−1 the rejected ones. Inputs [P, 1]: `margins`, `weights`,
 * `shares` (1 / number of pairs). Output `scores` [2P, 1].
 */
export function pairwiseObjective(centring: number | null): Objective {
  return (on) => {
    const { graph } = on.context;
    const scores = scoreLastTokens(on);
    const pairs = on.batch / 2;
    const [chosen, rejected] = [slice(scores, 0, 0, pairs), slice(scores, 0, pairs, 2 * pairs)];
    const [margins, weights, shares] = ['margins', 'weights', 'shares'].map((name) =>
      graph.input(name, 'float32', [pairs, 1]),
    );
    graph.output('scores', scores);
    const difference = sub(sub(chosen, rejected), margins);
    const likelihood = add(
      mul(weights, logSigmoid(difference)),
      mul(sub(graph.scalar(1), weights), logSigmoid(neg(difference))),
    );
    const ranking = neg(sum(mul(likelihood, shares)));
    if (!centring) return ranking;
    const total = add(chosen, rejected);
    return add(ranking, scale(sum(mul(mul(total, total), shares)), centring));
  };
}
