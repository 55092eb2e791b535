import { checkSameLength, type Mask, maskedMoments, type Numbers } from './numbers';

/**
 * 1 − Var(R − V) / Var(R): 1 for a perfect value model, 0 for a constant, negative for a worse one. NaN when
 * the returns are constant.
 */
export function explainedVariance(values: Numbers, returns: Numbers, mask: Mask = null): number {
  const length = checkSameLength('explained variance', { values, returns, mask });
  const errors = Float64Array.from({ length }, (_, t) => returns[t] - values[t]);
  const { variance } = maskedMoments(returns, mask, false);
  return variance === 0 ? Number.NaN : 1 - maskedMoments(errors, mask, false).variance / variance;
}
