/** The tolerance of a comparison. */
export interface ClosenessOptions {
  /** The largest allowed error, relative to `scale`. */
  rtol: number;
  /** Name of the tensor, for the message. */
  name: string;
  /**
   * The reference magnitude of the error; by default the largest |expected|. Pass the largest gradient of the whole model
   * for tensors that are zero in theory (the key bias of GPT-2 and OPT), whose values are rounding noise.
   */
  scale?: number;
}

/** max |actual − expected| / scale and its index; `scale` defaults to max |expected|. */
export function relativeError(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  scale: number = largest(expected),
): { error: number; index: number } {
  let worst = 0;
  let index = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]);
    if (Number.isNaN(difference)) return { error: Number.NaN, index: i };
    if (difference > worst) [worst, index] = [difference, i];
  }
  return { error: worst === 0 ? 0 : worst / scale, index };
}

/**
 * Throws unless two tensors agree: max |actual − expected| ≤ rtol · max |expected|. The error is relative to the largest
 * element, because small elements of a float32 sum contain the rounding errors of the large ones.
 */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { rtol, name, scale }: ClosenessOptions,
): void {
  if (actual.length !== expected.length) {
    throw new Error(`${name}: ${actual.length} elements, expected ${expected.length}`);
  }
  const { error, index } = relativeError(actual, expected, scale);
  if (error <= rtol) return;
  throw new Error(
    `${name}: relative error ${error.toExponential(2)} > ${rtol} at element ${index} of ${expected.length}: ` +
      `got ${actual[index]}, expected ${expected[index]} (${near(actual, index)} against ${near(expected, index)}; ` +
      `errors are relative to ${scale ?? largest(expected)})`,
  );
}

function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]));
  return most;
}

function near(values: ArrayLike<number>, index: number): string {
  const start = Math.max(0, index - 1);
  const shown = Array.from(values)
    .slice(start, index + 2)
    .map((value) => value.toPrecision(6));
  return `${start > 0 ? '… ' : ''}${shown.join(', ')}${index + 2 < values.length ? ' …' : ''}`;
}
