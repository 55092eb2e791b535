import type { Experience } from './experience';
import type { ResponseForward } from './response-forward';
import type { ItemResult } from './work-item';

export interface Corrected {
  experience: Experience[];
  /** Mean weight of the tokens, and the share of them that was cut off; 1 and 0 on-policy. */
  importanceWeight: number;
  importanceTruncated: number;
}

/**
 * Experience from an older policy μ, corrected for the one that learns: each token's advantage is weighted by
 * min(π_old/μ, cap), and the ratio of PPO's clip is taken to π_old, the policy as it is now (truncated importance
 * sampling: Espeholt et al. 2018, arXiv:1802.01561, §4.1; as OpenRLHF and verl correct their samplers). A weight on the
 * advantage is a weight on the clipped loss, for it is never negative.
 * @param forward log-probabilities under the policy as it is now
 */
export async function correctStale(
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
 * What older versions of the policy have sampled, corrected for the one that learns; on-policy nothing is done.
 * @param experience of all samples of `results`, in their order
 */
export async function correctForPolicy(
  experience: readonly Experience[],
  results: readonly ItemResult[],
  forward: ResponseForward,
  cap: number,
): Promise<{ corrected: readonly Experience[] } & Partial<Omit<Corrected, 'experience'>>> {
  const isStale = results.flatMap(({ samples, staleness }) => samples.map(() => staleness > 0));
  if (!isStale.includes(true)) return { corrected: experience };
  const stale = experience.filter((_, i) => isStale[i]);
  const { experience: fixed, ...figures } = await correctStale(stale, forward, cap);
  let next = 0;
  return { corrected: experience.map((one, i) => (isStale[i] ? fixed[next++] : one)), ...figures };
}
