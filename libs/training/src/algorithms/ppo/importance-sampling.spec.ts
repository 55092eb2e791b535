import type { Experience } from './experience';
import { truncatedImportanceSampling } from './importance-sampling';
import type { ResponseForward } from './response-forward';

const floats = (...values: number[]) => Float32Array.from(values);

function sample(logProbs: Float32Array): Experience {
  return {
    id: 0,
    promptIndex: 0,
    prompt: [1],
    response: Array.from(logProbs, (_, i) => i),
    endsWithEos: true,
    logProbs,
    refLogProbs: logProbs,
    score: 0,
    kl: 0,
    values: logProbs,
    advantages: floats(1, -2, 3),
    returns: logProbs,
  };
}

const forwardTo = (...logProbs: Float32Array[]) =>
  ({ compute: async () => logProbs }) as unknown as ResponseForward;

describe('truncated importance sampling', () => {
  it('weights advantages by min(π_old/μ, cap) and takes π_old for the ratio', async () => {
    const now = floats(Math.log(0.15), Math.log(0.1), Math.log(0.9));
    const then = floats(Math.log(0.1), Math.log(0.4), Math.log(0.1));
    const { experience, importanceWeight, importanceTruncated } = await truncatedImportanceSampling(
      [sample(then)],
      forwardTo(now),
      2,
    );
    const [{ advantages, logProbs }] = experience;
    // Ratios 1.5, 0.25 and 9, the last cut to 2.
    for (const [i, expected] of [1.5, -0.5, 6].entries()) expect(advantages[i]).toBeCloseTo(expected, 5);
    expect(logProbs).toBe(now);
    expect(importanceWeight).toBeCloseTo((1.5 + 0.25 + 2) / 3, 5);
    expect(importanceTruncated).toBeCloseTo(1 / 3, 10);
  });

  it('changes nothing when the policy has not changed since it sampled', async () => {
    const same = floats(-1, -2, -3);
    const { experience, importanceWeight } = await truncatedImportanceSampling(
      [sample(same)],
      forwardTo(same),
      1,
    );
    expect(experience[0].advantages).toEqual(floats(1, -2, 3));
    expect(importanceWeight).toBe(1);
  });
});
