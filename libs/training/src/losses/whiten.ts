import { checkSameLength, type Mask, maskedMoments, type Numbers } from './numbers';

export interface WhitenOptions {
  mask?: Mask;
  /** false keeps the mean (rewards); true shifts it to 0 (advantages). */
  shiftMean?: boolean;
  /** Variance divided by n − 1 (TRL) or n (lm-human-preferences). */
  unbiased?: boolean;
  epsilon?: number;
}

/**
 * (x − μ) · rsqrt(σ² + ε) over the positions that count, + μ unless `shiftMean`; masked positions become 0. Fewer than two
 * values have variance 0, so they whiten to multiples of their distance from the mean.
 * Source: `whiten` of openai/lm-human-preferences, `masked_whiten` of huggingface/trl.
 */
export function whiten(values: Numbers, options: WhitenOptions = {}): Float64Array {
  const { mask = null, shiftMean = true, unbiased = true, epsilon = 1e-8 } = options;
  checkSameLength('whiten', { values, mask });
  const { mean, variance } = maskedMoments(values, mask, unbiased);
  const scale = 1 / Math.sqrt(variance + epsilon);
  const offset = shiftMean ? 0 : mean;
  return Float64Array.from({ length: values.length }, (_, i) =>
    mask && !mask[i] ? 0 : (values[i] - mean) * scale + offset,
  );
}

/** Whitens sequences of different lengths with their joint moments. */
export function whitenSequences(
  sequences: readonly Numbers[],
  options: Omit<WhitenOptions, 'mask'> = {},
): Float64Array[] {
  const flat = whiten(
    sequences.flatMap((sequence) => Array.from(sequence)),
    options,
  );
  let start = 0;
  return sequences.map(({ length }) => {
    start += length;
    return flat.slice(start - length, start);
  });
}
