import type { ParameterStore } from '@open-chatgpt/runtime';
import type { WeightSource } from '../weights/weight-source';

/** Reads every tensor that the store has from a file, straight into its memory. @returns the number of elements */
export async function loadWeights(
  store: ParameterStore,
  source: WeightSource,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<number> {
  const available = new Set(source.tensors().map(({ name }) => name));
  const wanted = store.all.filter(({ name }) => available.has(name));
  const total = wanted.reduce((sum, { data }) => sum + data.length, 0);
  let done = 0;
  for (const { name, data } of wanted) {
    await source.read(name, data);
    done += data.length;
    onProgress(done, total);
  }
  return total;
}
