/**
 * A token drawn in proportion to its weight, by the inverse of the cumulative distribution in float64.
 * @param uniform in [0, 1)
 * @param mass sum of the weights, 1 for probabilities
 * @returns −1 where the weights hold NaN or nothing above 0
 */
export function draw(weights: ArrayLike<number>, uniform: number, mass = 1): number {
  const target = uniform * mass;
  let sum = 0;
  for (let token = 0; token < weights.length; token++) {
    sum += weights[token];
    if (sum > target) return token;
  }
  // Rounding may leave the sum a little short of the mass: the last token that can be drawn takes the rest.
  if (!(sum > 0)) return -1;
  let last = weights.length - 1;
  while (!(weights[last] > 0)) last--;
  return last;
}

/** The index of the largest weight, the first of equals; −1 where there is NaN. */
export function argMax(weights: ArrayLike<number>): number {
  let best = 0;
  for (let token = 0; token < weights.length; token++) {
    if (weights[token] > weights[best]) best = token;
    else if (Number.isNaN(weights[token])) return -1;
  }
  return Number.isNaN(weights[best]) ? -1 : best;
}

/** Their sum in float64. */
export function massOf(weights: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i];
  return sum;
}
