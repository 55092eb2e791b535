import type { PpoConfig } from '@open-chatgpt/pipeline';
import type { Experience } from './experience';
import type { FeedOf } from './learner';
import { hasLossShares } from './policy-objective';
import { scatterResponses } from './response-batch';

type PolicyFeedOptions = Pick<PpoConfig, 'lossType' | 'importanceSamplingLevel' | 'responseLength'>;

/** The inputs of `policyObjective` with the same options. */
export function policyFeed(options: PolicyFeedOptions): FeedOf<Experience> {
  return (batch, rows, minibatch) => {
    const scatter = (of: (row: Experience) => ArrayLike<number>) => scatterResponses(rows.map(of), batch);
    const constant = (of: (tokens: number) => number) =>
      scatter(({ response: { length } }) => new Float32Array(length).fill(of(length)));
    return {
      labels: batch.labels,
      oldLogProbs: scatter(({ logProbs }) => logProbs),
      advantages: scatter(({ advantages }) => advantages),
      ...(hasLossShares(options) && {
        lossShares: constant((tokens) => lossShare(tokens, minibatch.length, options)),
      }),
      ...(options.importanceSamplingLevel === 'sequence' && { rowShares: constant((tokens) => 1 / tokens) }),
    };
  };
}

/**
 * Weight of a token in the loss of `responses` responses: `grpo` takes the mean over their means (Shao et al. 2024,
 * arXiv:2402.03300, eq. 3), `dr_grpo` divides by the longest response that is allowed (Liu et al. 2025, arXiv:2503.20783, §3.2).
 * @param tokens of its response
 */
function lossShare(
  tokens: number,
  responses: number,
  { lossType, responseLength }: PolicyFeedOptions,
): number {
  return 1 / (responses * (lossType === 'grpo' ? tokens : responseLength));
}
