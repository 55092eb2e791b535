import { checkSameLength, type Mask, maskedMean, type Numbers } from '../../losses/numbers';

/**
 * ½·mean(max((v − R)², (clip(v, old ± ε) − R)²)).
 * Source: `baselines/ppo2` of openai, and `PPOTrainer` of huggingface/trl.
 * The float64 reference for `valueObjective`.
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
