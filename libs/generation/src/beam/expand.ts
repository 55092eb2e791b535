import { topK } from '../sampling/top-k';

export interface Continuation {
  /** Index of the continued beam. */
  parent: number;
  token: number;
  logProb: number;
  /** Σ log-probability of the beam with this token. */
  sum: number;
}

/**
 * The `count` most probable continuations of all beams by one token, in descending order.
 * @param sums Σ log-probability of each beam @param probabilities [beams, V]
 */
export function expand(sums: readonly number[], probabilities: Float32Array, count: number): Continuation[] {
  const vocabSize = probabilities.length / sums.length;
  return sums
    .flatMap((beamSum, parent) => {
      const row = probabilities.subarray(parent * vocabSize, (parent + 1) * vocabSize);
      return topK(row, Math.min(count, vocabSize)).map((token) => {
        const logProb = Math.log(row[token]);
        return { parent, token, logProb, sum: beamSum + logProb };
      });
    })
    .filter(({ sum }) => sum > -Infinity)
    .sort((a, b) => b.sum - a.sum)
    .slice(0, count);
}
