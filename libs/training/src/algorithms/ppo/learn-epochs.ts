import { createRng } from '@open-chatgpt/random';
import { addMetrics, meanMetrics } from '../../trainer/mean-metrics';

/**
 * The updates of an iteration: `numPpoEpochs` passes over its experience in shuffled mini-batches. The shuffle depends only
 * on seed and step, so policy and value model see the same mini-batches, also in different processes.
 * @returns the mean of each metric over the updates, and the last learning rate
 */
export async function learnEpochs<Row>(
  experience: readonly Row[],
  step: number,
  { seed, numPpoEpochs, numMiniBatches }: { seed: number; numPpoEpochs: number; numMiniBatches: number },
  update: (minibatch: readonly Row[]) => Promise<Record<string, number>>,
): Promise<Record<string, number>> {
  const totals: Record<string, number> = {};
  let updates = 0;
  const random = createRng(seed).fork(`minibatches:${step}`);
  for (let epoch = 0; epoch < numPpoEpochs; epoch++) {
    const shuffled = random.shuffle(experience);
    const size = Math.ceil(shuffled.length / numMiniBatches);
    for (let start = 0; start < shuffled.length; start += size) {
      const metrics = await update(shuffled.slice(start, start + size));
      addMetrics(totals, metrics);
      updates++;
    }
  }
  return meanMetrics(totals, updates);
}
