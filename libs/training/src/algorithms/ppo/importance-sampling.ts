import type { Experience } from './experience';
import type { ResponseForward } from './response-forward';
import type { BatchResult } from './rollout-batch';

export interface Corrected {
  experience: Experience[];
  /** Mean weight of the tokens; 1 on-policy. */
  importanceWeight: number;
  /** Share of the tokens whose weight was capped; 0 on-policy. */
  importanceTruncated: number;
}

/**
 * Corrects experience of an older policy μ for the policy that learns. The weight of a token's advantage is
 * min(π_old/μ, cap), and the ratio of PPO's clip is taken to π_old, the policy as it is now (truncated importance
 * sampling: Espeholt et al. 2018, arXiv:1802.01561, §4.1; OpenRLHF and verl correct their samplers in the same way).
 * The weight is never negative, so a weight on the advantage is a weight on the clipped loss.
 * @param forward log-probabilities under the policy as it is now
 */
export async function truncatedImportanceSampling(
  experience: readonly Experience[],
  forward: ResponseForward,
  cap: number,
): Promise<Corrected> {
  const current = await forward.compute(experience);
  let [sum, truncated, tokens] = [0, 0, 0];
  const corrected = experience.map((one, i) => ({
    ...one,
    logProbs: current[i],
    advantages: one.advantages.map((advantage, t) => {
      const ratio = Math.exp(current[i][t] - one.logProbs[t]);
      const weight = Math.min(ratio, cap);
      sum += weight;
      truncated += ratio > cap ? 1 : 0;
      tokens++;
      return weight * advantage;
    }),
  }));
  return { experience: corrected, importanceWeight: sum / tokens, importanceTruncated: truncated / tokens };
}

/**
 * Corrects the samples of older versions of the policy, and leaves those of the current version as they are.
 * @param experience of all samples of `results`, in their order
 */
export async function correctOffPolicy(
  experience: readonly Experience[],
  results: readonly BatchResult[],
  forward: ResponseForward,
  cap: number,
): Promise<{ corrected: readonly Experience[] } & Partial<Omit<Corrected, 'experience'>>> {
  const isStale = results.flatMap(({ samples, staleness }) => samples.map(() => staleness > 0));
  if (!isStale.includes(true)) return { corrected: experience };
  const stale = experience.filter((_, i) => isStale[i]);
  const { experience: weighted, ...figures } = await truncatedImportanceSampling(stale, forward, cap);
  let next = 0;
  return { corrected: experience.map((one, i) => (isStale[i] ? weighted[next++] : one)), ...figures };
}
