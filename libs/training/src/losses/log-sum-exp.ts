import type { Numbers } from './numbers';

/** log Σ e^x without overflow: the largest is taken out first. −Infinity for an empty array. */
export function logSumExp(values: Numbers): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) if (!(values[i] <= largest)) largest = values[i];
  if (!Number.isFinite(largest)) return largest;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp(values[i] - largest);
  return largest + Math.log(sum);
}
