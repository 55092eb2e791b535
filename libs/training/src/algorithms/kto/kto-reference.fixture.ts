const sigma = (x: number) => 1 / (1 + Math.exp(-x));

/** Of a response: its log-ratio of model and reference, its label and its share of the batch. */
export interface LabeledRatio {
  ratio: number;
  desirable: boolean;
  share: number;
}

/** Ethayarajh et al. 2024, arXiv:2402.01306, eq. 7 and 8 in float64, with λ_y − v(x, y) as 1 − σ times λ, as TRL computes it. */
export function ktoReference(
  responses: readonly LabeledRatio[],
  baseline: number,
  {
    beta,
    desirableWeight,
    undesirableWeight,
  }: Record<'beta' | 'desirableWeight' | 'undesirableWeight', number>,
): number {
  return responses.reduce((sum, { ratio, desirable, share }) => {
    const value = desirable
      ? desirableWeight * (1 - sigma(beta * (ratio - baseline)))
      : undesirableWeight * (1 - sigma(beta * (baseline - ratio)));
    return sum + share * value;
  }, 0);
}
