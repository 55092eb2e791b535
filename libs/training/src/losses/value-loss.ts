import { checkSameLength, type Mask, maskedMean, maskedMoments, type Numbers } from './numbers';

/**
 * ½·mean(max((v − R)², (clip(v, old ± ε) − R)²)).
 * Source: `baselines/ppo2` of openai, and `PPOTrainer` of huggingface/trl. For checking the graph loss.
 */
export function valueLoss(options: {
  values: Numbers;
  oldValues: Numbers;
  returns: Numbers;
  cliprangeValue: number;
  mask?: Mask;
}): { loss: number; clipFraction: number } {
  const { values, oldValues, returns, cliprangeValue, mask = null } = options;
  const length = checkSameLength('value loss', { values, oldValues, returns, mask });
  const perToken = new Float64Array(length);
  const clipped = new Float64Array(length);
  for (let t = 0; t < length; t++) {
    const low = oldValues[t] - cliprangeValue;
    const high = oldValues[t] + cliprangeValue;
    const free = (values[t] - returns[t]) ** 2;
    const bound = (Math.max(low, Math.min(high, values[t])) - returns[t]) ** 2;
    perToken[t] = Math.max(free, bound) / 2;
    clipped[t] = bound > free ? 1 : 0;
  }
  return { loss: maskedMean(perToken, mask), clipFraction: maskedMean(clipped, mask) };
}

/**
 * 1 − Var(R − V) / Var(R): 1 for a perfect value model, 0 for a constant, negative for worse than that.
 * NaN when the returns do not vary, for then there is nothing to explain.
 */
export function explainedVariance(values: Numbers, returns: Numbers, mask: Mask = null): number {
  const length = checkSameLength('explained variance', { values, returns, mask });
  const errors = Float64Array.from({ length }, (_, t) => returns[t] - values[t]);
  const { variance } = maskedMoments(returns, mask, false);
  return variance === 0 ? Number.NaN : 1 - maskedMoments(errors, mask, false).variance / variance;
}
