import { createRng } from '@open-chatgpt/random';

/** Batches whose lengths are sorted together: 50, as in Hugging Face's LengthGroupedSampler. */
const BATCHES_PER_GROUP = 50;

/**
 * The order in which one epoch visits `size` examples. It depends only on the seed and the number of the epoch. With `lengths`, a batch
 * holds examples of about the same length: groups of 50 batches are sorted and divided into batches, which are shuffled.
 */
export function epochOrder(
  size: number,
  seed: number,
  epoch: number,
  batchSize: number,
  lengths?: ArrayLike<number>,
): number[] {
  const rng = createRng(seed).fork(epoch);
  const shuffled = rng.shuffle(Array.from({ length: size }, (_, index) => index));
  if (!lengths) return shuffled;
  const groupSize = batchSize * BATCHES_PER_GROUP;
  const whole: number[][] = [];
  const rest: number[] = [];
  for (let start = 0; start < size; start += groupSize) {
    const group = shuffled.slice(start, start + groupSize).sort((a, b) => lengths[b] - lengths[a] || a - b);
    for (let first = 0; first < group.length; first += batchSize) {
      const batch = group.slice(first, first + batchSize);
      if (batch.length === batchSize) whole.push(batch);
      else rest.push(...batch);
    }
  }
  return [...rng.shuffle(whole).flat(), ...rest];
}
