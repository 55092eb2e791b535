import type { Generation } from '../options/generate-options';

/** When to stop the search for better answers; see `Hypotheses.isDone`. */
export type EarlyStopping = boolean | 'never';

export interface Hypothesis extends Omit<Generation, 'cachedTokens'> {
  /** Σ log-probability / length^lengthPenalty. */
  score: number;
}

interface Limits {
  numBeams: number;
  lengthPenalty: number;
  earlyStopping: EarlyStopping;
  maxNewTokens: number;
}

/** The best `numBeams` finished answers by score (Hugging Face's BeamHypotheses). */
export class Hypotheses {
  private readonly finished: Hypothesis[] = [];

  constructor(private readonly limits: Limits) {}

  get best(): Hypothesis {
    return this.finished[0];
  }

  add(answer: Pick<Hypothesis, 'tokens' | 'finishReason'> & { logProbs: readonly number[] }): void {
    const logProbs = Float32Array.from(answer.logProbs);
    const sum = answer.logProbs.reduce((total, logProb) => total + logProb, 0);
    const score = this.score(sum, answer.tokens.length);
    this.finished.push({ ...answer, logProbs, score });
    this.finished.sort((a, b) => b.score - a.score);
    this.finished.length = Math.min(this.finished.length, this.limits.numBeams);
  }

  /**
   * Whether to stop the search. It needs `numBeams` finished answers, and then depends on `earlyStopping`: stop immediately
   * (true), stop when no unfinished beam would score better at its current length (false), or stop when none could score
   * better at any length up to the limit ('never').
   * @param bestSum largest sum of the unfinished beams @param length their length
   */
  isDone(bestSum: number, length: number): boolean {
    const { numBeams, earlyStopping, lengthPenalty, maxNewTokens } = this.limits;
    if (this.finished.length < numBeams) return false;
    if (earlyStopping === true) return true;
    // A sum of log-probabilities is negative, so a larger divisor improves the score.
    const mostFavorable = earlyStopping === 'never' && lengthPenalty > 0 ? maxNewTokens : length;
    return this.finished[numBeams - 1].score >= this.score(bestSum, mostFavorable);
  }

  private score(sum: number, length: number): number {
    return sum / length ** this.limits.lengthPenalty;
  }
}
