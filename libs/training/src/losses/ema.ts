/**
 * average ← decay·average + (1 − decay)·weights, in place.
 * @param average of one parameter, [N] @param weights of the same parameter, [N]
 */
export function updateMovingAverage(average: Float32Array, weights: Float32Array, decay: number): void {
  if (average.length !== weights.length) {
    throw new Error(`moving average: expected ${average.length} weights; found ${weights.length}`);
  }
  const share = 1 - decay;
  for (let i = 0; i < average.length; i++) average[i] += share * (weights[i] - average[i]);
}
