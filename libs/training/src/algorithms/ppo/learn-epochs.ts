import { createRng } from '@open-chatgpt/random';

/**
 * The updates of an iteration: `numPpoEpochs` passes over its experience in shuffled mini-batches. The shuffle hangs on
 * seed and step alone, so policy and value model see the same mini-batches wherever they are trained.
 * @returns the mean of what the updates tell
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
      for (const [name, value] of Object.entries(metrics)) totals[name] = (totals[name] ?? 0) + value;
      updates++;
    }
  }
  return Object.fromEntries(Object.entries(totals).map(([name, total]) => [name, total / updates]));
}
