/** Any list of numbers: `Float32Array`, `Float64Array` or `number[]`. Sums are computed in float64. */
export type Numbers = ArrayLike<number>;

/** 1 (or true) for positions that count, 0 for the others; null: all count. */
export type Mask = ArrayLike<number | boolean> | null;

/** @returns the common length @throws Error when the lengths differ */
export function checkSameLength(
  operation: string,
  arrays: Record<string, ArrayLike<unknown> | null>,
): number {
  const present = Object.entries(arrays).flatMap(([name, array]) =>
    array ? [[name, array.length] as const] : [],
  );
  const length = present[0][1];
  if (present.some(([, other]) => other !== length)) {
    const found = present.map(([name, other]) => `${name} ${other}`).join(', ');
    throw new Error(`${operation}: expected inputs of equal length; found ${found}`);
  }
  return length;
}

/** Mean and variance of the positions that count; `unbiased` divides by n − 1 (0 when fewer than two count). */
export function maskedMoments(values: Numbers, mask: Mask, unbiased: boolean) {
  let count = 0;
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    if (mask && !mask[i]) continue;
    count++;
    sum += values[i];
  }
  const mean = count > 0 ? sum / count : 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    if (!mask || mask[i]) squares += (values[i] - mean) ** 2;
  }
  const divisor = unbiased ? count - 1 : count;
  return { count, mean, variance: divisor > 0 ? squares / divisor : 0 };
}

export function maskedMean(values: Numbers, mask: Mask = null): number {
  return maskedMoments(values, mask, false).mean;
}
