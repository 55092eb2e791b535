/**
 * Draws a token in proportion to its weight, by inverting the cumulative distribution in float64.
 * @param uniform in [0, 1)
 * @param mass sum of the weights, 1 for probabilities
 * @returns the token, or −1 when the weights contain NaN or no positive number
 */
export function draw(weights: ArrayLike<number>, uniform: number, mass = 1): number {
  const target = uniform * mass;
  let sum = 0;
  for (let token = 0; token < weights.length; token++) {
    sum += weights[token];
    if (sum > target) return token;
  }
  // Rounding can leave the sum slightly below the mass. The last token with a positive weight takes the rest.
  if (!(sum > 0)) return -1;
  let last = weights.length - 1;
  while (!(weights[last] > 0)) last--;
  return last;
}

/** The index of the largest weight, the first one of equal weights; −1 when a weight is NaN. */
export function argMax(weights: ArrayLike<number>): number {
  let best = 0;
  for (let token = 0; token < weights.length; token++) {
    if (weights[token] > weights[best]) best = token;
    else if (Number.isNaN(weights[token])) return -1;
  }
  return Number.isNaN(weights[best]) ? -1 : best;
}

/** The sum of the weights in float64. */
export function massOf(weights: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i];
  return sum;
}
