/**
 * Makes tokens that were there less likely, in place (Keskar et al. 2019, https://arxiv.org/abs/1909.05858): positive
 * logits are divided by the penalty, negative ones multiplied.
 */
export function penalizeRepetition(logits: Float64Array, seen: Iterable<number>, penalty: number): void {
  for (const token of seen) logits[token] *= logits[token] > 0 ? 1 / penalty : penalty;
}

/** Logits → probabilities at a temperature, in place. */
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
