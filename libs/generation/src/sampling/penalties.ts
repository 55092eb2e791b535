import type { SamplingOptions } from '../options/generate-options';

export type Penalties = Required<
  Pick<SamplingOptions, 'repetitionPenalty' | 'frequencyPenalty' | 'presencePenalty' | 'logitBias'>
>;

/** The tokens that penalties apply to. */
export interface TokensSoFar {
  /** Tokens of the prompt and the answer. */
  seen: Iterable<number>;
  /** Number of occurrences of each token in the answer. */
  counts: ReadonlyMap<number, number>;
}

/** Whether any of the penalties changes a logit. */
export function isPenalizing(penalties: Penalties): boolean {
  const { repetitionPenalty, frequencyPenalty, presencePenalty, logitBias } = penalties;
  return repetitionPenalty !== 1 || frequencyPenalty !== 0 || presencePenalty !== 0 || logitBias.size > 0;
}

/** Applies all penalties in vLLM's order, in place. @param logits [V] */
export function penalize(logits: Float64Array, tokens: TokensSoFar, penalties: Penalties): void {
  const { repetitionPenalty, frequencyPenalty, presencePenalty, logitBias } = penalties;
  if (repetitionPenalty !== 1) penalizeRepetition(logits, tokens.seen, repetitionPenalty);
  if (frequencyPenalty !== 0 || presencePenalty !== 0) {
    for (const [token, count] of tokens.counts) logits[token] -= frequencyPenalty * count + presencePenalty;
  }
  for (const [token, bias] of logitBias) logits[token] += bias;
}

/**
 * Lowers the probability of earlier tokens, in place (Keskar et al. 2019, https://arxiv.org/abs/1909.05858): positive
 * logits are divided by the penalty, negative ones multiplied.
 */
function penalizeRepetition(logits: Float64Array, seen: Iterable<number>, penalty: number): void {
  for (const token of seen) logits[token] *= logits[token] > 0 ? 1 / penalty : penalty;
}

/** Converts logits to probabilities at a temperature, in place. */
export function softmax(logits: Float64Array, temperature: number): void {
  let largest = -Infinity;
  for (let i = 0; i < logits.length; i++) if (logits[i] > largest) largest = logits[i];
  let sum = 0;
  for (let i = 0; i < logits.length; i++) {
    logits[i] = Math.exp((logits[i] - largest) / temperature);
    sum += logits[i];
  }
  for (let i = 0; i < logits.length; i++) logits[i] /= sum;
}
